import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** Cells of a small CSV file, plain or gzipped; quotes as in RFC 4180. */
export function readCsv(path: string): string[][] {
  const bytes = readFileSync(path);
  const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  return text
    .split(/\r?\n/)
    .filter((line) => line !== '')
    .map((line) => (line.includes('"') ? quoted(line) : line.split(',')));
}

function quoted(line: string): string[] {
  const cells: string[] = [];
  let cell = '';
  let open = false;
  for (let index = 0; index < line.length; index++) {
    const character = line.charAt(index);
    if (character === '"' && open && line.charAt(index + 1) === '"') {
      cell += '"';
      index++;
    } else if (character === '"') open = !open;
    else if (character === ',' && !open) {
      cells.push(cell);
      cell = '';
    } else cell += character;
  }
  return [...cells, cell];
}

/** An empty cell is no value. */
export function numberOf(cell: string | undefined): number {
  return cell === undefined || cell.trim() === '' ? Number.NaN : Number(cell);
}
