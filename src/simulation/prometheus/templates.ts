import { formatValue } from '../promql/literals.ts';
import type { Labels } from '../tsdb/labels.ts';

export interface TemplateData {
  labels: Labels;
  value: number;
}

type Piece = string | number;

const ACTION = /\{\{-?\s*(.*?)\s*-?\}\}/gs;
const TOKEN = /"(?:[^"\\]|\\.)*"|`[^`]*`|[^\s|()]+|\|/g;

/**
 * The part of Prometheus's alert templates that rules commonly use: `$labels.x`, `$value`, the pipes `humanize`,
 * `humanizePercentage`, `humanizeDuration`, `toUpper`, `toLower`, `title` and `printf`. What it cannot expand it says in
 * the text, as Prometheus does.
 */
export function expandTemplate(template: string, data: TemplateData): string {
  try {
    return template.replaceAll(ACTION, (_, action: string) => printPiece(evaluateAction(action, data)));
  } catch (error) {
    return `<error expanding template: ${error instanceof Error ? error.message : String(error)}>`;
  }
}

function evaluateAction(action: string, data: TemplateData): Piece {
  const stages: string[][] = [[]];
  for (const token of action.match(TOKEN) ?? []) {
    if (token === '|') stages.push([]);
    else stages.at(-1)?.push(token);
  }
  let piped: Piece | undefined;
  for (const [name = '', ...rest] of stages) {
    const args = rest.map((token) => operand(token, data));
    if (piped !== undefined) args.push(piped);
    piped = args.length === 0 ? operand(name, data) : callTemplateFunction(name, args);
  }
  return piped ?? '';
}

function operand(token: string, data: TemplateData): Piece {
  const label = /^(?:\$labels|\.Labels)\.([a-zA-Z_]\w*)$/.exec(token)?.[1];
  if (label !== undefined) return data.labels[label] ?? '';
  if (token === '$value' || token === '.Value') return data.value;
  if (/^["`]/.test(token)) return token.slice(1, -1);
  if (token !== '' && !Number.isNaN(Number(token))) return Number(token);
  throw new Error(`cannot evaluate ${JSON.stringify(token)}`);
}

function callTemplateFunction(name: string, args: readonly Piece[]): Piece {
  const last = args.at(-1) ?? '';
  switch (name) {
    case 'humanize':
      return humanize(Number(last));
    case 'humanizePercentage':
      return `${significant(Number(last) * 100)}%`;
    case 'humanizeDuration':
      return humanizeDuration(Number(last));
    case 'toUpper':
      return String(last).toUpperCase();
    case 'toLower':
      return String(last).toLowerCase();
    case 'title':
      return String(last).replaceAll(/\b\p{L}/gu, (letter) => letter.toUpperCase());
    case 'printf':
      return printf(String(args[0] ?? ''), args.slice(1));
    default:
      throw new Error(`function ${JSON.stringify(name)} not defined`);
  }
}

/** Go's %.4g for the magnitudes that occur here. */
function significant(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(4))) : formatValue(value);
}

function humanize(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return significant(value);
  const prefixes =
    Math.abs(value) >= 1 ? ['', 'k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y'] : ['', 'm', 'u', 'n', 'p', 'f', 'a', 'z', 'y'];
  let scaled = value;
  let step = 0;
  while (step < prefixes.length - 1 && (Math.abs(value) >= 1 ? Math.abs(scaled) >= 1_000 : Math.abs(scaled) < 1)) {
    scaled = Math.abs(value) >= 1 ? scaled / 1_000 : scaled * 1_000;
    step++;
  }
  return significant(scaled) + (prefixes[step] ?? '');
}

function humanizeDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return significant(seconds);
  if (Math.abs(seconds) < 1) return seconds === 0 ? '0s' : `${humanize(seconds)}s`;
  const whole = Math.trunc(Math.abs(seconds));
  const parts = [Math.floor(whole / 86_400), Math.floor(whole / 3_600) % 24, Math.floor(whole / 60) % 60];
  const sign = seconds < 0 ? '-' : '';
  if (whole < 60) return `${sign}${significant(Math.abs(seconds))}s`;
  const first = parts.findIndex((part) => part > 0);
  const shown = parts.slice(first).map((part, at) => `${part}${'dhm'[at + first] ?? ''}`);
  return `${sign}${shown.join(' ')} ${whole % 60}s`;
}

function printf(format: string, args: readonly Piece[]): string {
  let used = 0;
  return format.replaceAll(/%(?:\.(\d+))?([fgdsvq%])/g, (_, digits: string | undefined, verb: string) => {
    if (verb === '%') return '%';
    const arg = args[used++];
    if (arg === undefined) return `%!${verb}(MISSING)`;
    if (verb === 'f') return Number(arg).toFixed(Number(digits ?? 6));
    if (verb === 'g' && digits !== undefined) return String(Number(Number(arg).toPrecision(Number(digits))));
    if (verb === 'd') return String(Math.trunc(Number(arg)));
    return verb === 'q' ? JSON.stringify(String(arg)) : printPiece(arg);
  });
}

function printPiece(piece: Piece): string {
  return typeof piece === 'number' ? formatValue(piece) : piece;
}
