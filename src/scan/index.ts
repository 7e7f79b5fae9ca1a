export { INDICATOR_IDS, type IndicatorId, type Indicators } from './indicators.ts';
export { createScan, type Scan, type ScanChange, type ScanReport } from './scan.ts';
export { createWatchList, type Raised } from './watch-list.ts';
