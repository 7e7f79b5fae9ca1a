/** Rows of any one shape as aligned columns; null is a dash, a list its items. */
export function formatTable(rows: readonly object[]): string {
  const names = rows[0] === undefined ? [] : Object.keys(rows[0]);
  const lines = [names, ...rows.map((row) => names.map((name) => cell((row as Record<string, unknown>)[name])))];
  const widths = names.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? '').length)));
  return lines.map((line) => line.map((text, column) => text.padEnd(widths[column] ?? 0)).join('  ')).join('\n');
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return '-';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(String).join(', ');
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
