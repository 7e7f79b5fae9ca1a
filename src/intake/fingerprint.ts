const OFFSET = 14_695_981_039_346_656_037n;
const PRIME = 1_099_511_628_211n;
const MASK = (1n << 64n) - 1n;
/** Cannot occur in UTF-8, so that it separates. */
const SEPARATOR = 0xff;

/**
 * The fingerprint that Prometheus and Alertmanager give a label set: 64-bit FNV-1a over the names in order, each followed by its value, with a
 * separator after both (prometheus/common, model/signature.go). 16 hexadecimal digits.
 */
export function alertFingerprint(labels: Readonly<Record<string, string>>): string {
  let hash = OFFSET;
  const add = (byte: number): void => {
    hash = ((hash ^ BigInt(byte)) * PRIME) & MASK;
  };
  for (const [name, value] of Object.entries(labels).sort(([a], [b]) =>
    Buffer.compare(Buffer.from(a), Buffer.from(b)),
  )) {
    for (const text of [name, value]) {
      for (const byte of Buffer.from(text)) add(byte);
      add(SEPARATOR);
    }
  }
  return hash.toString(16).padStart(16, '0');
}
