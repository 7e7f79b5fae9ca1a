/** Suffixes of Kubernetes quantities (apimachinery, resource.Quantity): binary, decimal, and none. */
const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** A quantity in bytes or cores; null for what is none. */
export function quantityOf(text: string): number | null {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)([a-zA-Z]*)$/.exec(text) ?? [];
  const scale = UNITS[unit];
  return number === undefined || scale === undefined ? null : Number(number) * scale;
}

export function memoryText(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)}Mi`;
}

export function cpuText(cores: number): string {
  return `${Math.round(cores * 1000)}m`;
}
