export { INDICATOR_IDS } from './indicators.ts';
export { createScan, type Scan, type ScanChange, type ScanReport } from './scan.ts';
export type { Raised } from './watch-list.ts';
