export type MetricKind = 'counter' | 'gauge';
export type Labels = Readonly<Record<string, string>>;

/** Collects samples and writes them as Prometheus's text format wants them: all of one name together, under its type. */
export class Exposition {
  readonly #families = new Map<string, { kind: MetricKind; lines: string[] }>();

  /** A value that is not known leaves no sample: none is honest, zero would be a claim. */
  add(kind: MetricKind, name: string, labels: Labels, value: number | undefined): void {
    if (value === undefined || Number.isNaN(value)) return;
    const family = this.#families.get(name) ?? { kind, lines: [] };
    this.#families.set(name, family);
    const text = Object.entries(labels)
      .map(([key, it]) => `${key}="${escapeValue(it)}"`)
      .join(',');
    family.lines.push(`${name}{${text}} ${value}`);
  }

  text(): string {
    return [...this.#families]
      .map(([name, { kind, lines }]) => `# TYPE ${name} ${kind}\n${lines.join('\n')}\n`)
      .join('');
  }
}

function escapeValue(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}
