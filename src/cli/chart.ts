export interface ChartPoint {
  /** Unix ms. */
  readonly at: number;
  readonly value: number | null;
}

export interface ChartOptions {
  /** Columns of the plot itself. */
  readonly width: number;
  /** Rows of the plot itself. */
  readonly height: number;
  /** Of a value, for the axis: `(value) => '120 ms'`. */
  readonly format: (value: number) => string;
  /** Drawn as a dashed line: what is good at most. */
  readonly limit?: number;
  /** Moments worth a sign under the plot: the alert, the action. */
  readonly marks?: readonly { readonly at: number; readonly sign: string }[];
}

const EIGHTHS = ' ▁▂▃▄▅▆▇█';

/** A bar chart in characters: each column is the highest value of its share of time; a column without data stays empty. */
export function barChart(points: readonly ChartPoint[], options: ChartOptions): string[] {
  const [first] = points;
  const last = points.at(-1);
  if (first === undefined || last === undefined) return [];
  const { height, format, limit } = options;
  // No column without a point of its own: gaps would read as missing data.
  const width = Math.min(options.width, points.length);
  const spanMs = Math.max(1, last.at - first.at);
  const columnOf = (at: number): number =>
    Math.min(width - 1, Math.max(0, Math.floor(((at - first.at) / spanMs) * width)));

  const columns: (number | null)[] = Array.from({ length: width }, () => null);
  for (const { at, value } of points) {
    if (value === null || !Number.isFinite(value)) continue;
    const column = columnOf(at);
    columns[column] = Math.max(columns[column] ?? 0, value);
  }
  const top = Math.max(limit ?? 0, ...columns.map((value) => value ?? 0)) || 1;
  const labels = [format(top), limit === undefined ? '' : format(limit)];
  const margin = Math.max(...labels.map((label) => label.length), format(0).length);

  const rows: string[] = [];
  for (let row = height - 1; row >= 0; row -= 1) {
    const low = (row / height) * top;
    const limitHere = limit !== undefined && limit > low && limit <= ((row + 1) / height) * top;
    const cells = columns.map((value) => cellOf(value, low, top / height, limitHere));
    const label =
      limitHere && limit !== undefined ? format(limit) : row === height - 1 ? format(top) : row === 0 ? format(0) : '';
    rows.push(`${label.padStart(margin)} │${cells.join('')}`);
  }
  rows.push(`${' '.repeat(margin)} └${'─'.repeat(width)}`);
  if (options.marks && options.marks.length > 0)
    rows.push(`${' '.repeat(margin + 2)}${marksLine(options.marks, columnOf, width)}`);
  return rows;
}

function cellOf(value: number | null, low: number, step: number, limitHere: boolean): string {
  const eighths = value === null ? 0 : Math.max(0, Math.min(8, Math.round(((value - low) / step) * 8)));
  if (eighths === 0) return limitHere ? '╌' : ' ';
  return EIGHTHS[eighths] ?? ' ';
}

function marksLine(marks: NonNullable<ChartOptions['marks']>, columnOf: (at: number) => number, width: number): string {
  // A sign begins under its moment; one near the end goes on past the plot.
  let line = ' '.repeat(width);
  for (const { at, sign } of marks) {
    const column = columnOf(at);
    line = line.slice(0, column) + sign + line.slice(column + sign.length);
  }
  return line.trimEnd();
}
