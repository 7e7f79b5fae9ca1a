import { frameOf } from './frames.ts';
import type { TracedException } from './log-event.ts';

/** One error of a chain, with its frames nearest to the throw first. */
interface Section {
  readonly type: string;
  readonly message: string;
  readonly own: string | null;
}

const MOST_LINES = 1_000;
const LONGEST_MESSAGE = 1_024;

/** How an error is told. Fixed beginnings and bounded counts: linear in the line. */
const ERROR_LINE =
  /^(?:Exception in thread "[^"]{0,200}" |Unhandled exception\. |Uncaught (?:exception: )?|PHP Fatal error: {1,2}Uncaught |Fatal error: {1,2}Uncaught )?((?:[A-Za-z_$][\w$]{0,100}(?:\.|::|\\)){0,20}[A-Za-z_$][\w$]{0,100})(?: \[[\w-]{1,60}\])?(?:: ?(.*))?$/;
const TYPE_OF_ERROR = /(?:Exception|Error|Throwable|Fault|Failure|Timeout|Interrupt|Exit|Warning|Refused|Found)$/;
const CAUSE = /^(?:Caused by: |Suppressed: |-{2,4}> |\[cause\]: |Next )/;

/** Finds the error, the one at its root and the first frame of one's own in the lines of an event. Null when there is no stack trace. */
export function exceptionIn(lines: readonly string[]): TracedException | null {
  const { sections, rootFirst, frames } = sectionsOf(lines.slice(0, MOST_LINES));
  if (sections.length === 0 || (frames === 0 && sections.every(({ type }) => !TYPE_OF_ERROR.test(type)))) return null;
  const ordered = rootFirst ? sections.toReversed() : sections;
  const [top] = ordered;
  const root = ordered.at(-1);
  if (top === undefined || root === undefined) return null;
  return {
    type: top.type,
    message: top.message,
    rootType: root.type,
    rootMessage: root.message,
    ownFrame: ordered.findLast(({ own }) => own !== null)?.own ?? null,
  };
}

interface Open {
  type: string;
  message: string;
  own: string | null;
}

function sectionsOf(lines: readonly string[]): { sections: readonly Section[]; rootFirst: boolean; frames: number } {
  const sections: Open[] = [];
  let open: Open | null = null;
  /** Of a traceback of Python, whose error stands behind its frames: the last one of one's own. */
  let traced: string | null = null;
  let inTraceback = false;
  let rootFirst = false;
  let frames = 0;
  for (const [index, line] of lines.entries()) {
    const frame = frameOf(line, lines[index - 1] ?? '');
    const ruby = rubyError(line);
    if (ruby !== null) {
      open = { ...ruby, own: frame === null || frame.foreign ? null : ruby.place };
      sections.push(open);
      continue;
    }
    if (frame !== null) {
      frames += 1;
      if (inTraceback) traced = frame.foreign ? traced : frame.place;
      else if (open !== null && open.own === null && !frame.foreign) open.own = frame.place;
      continue;
    }
    if (line.trimStart().startsWith('Traceback (most recent call last)')) {
      rootFirst ||= sections.length > 0;
      inTraceback = true;
      traced = null;
      continue;
    }
    if (line.trimStart().startsWith('Next ')) rootFirst = true;
    const found = errorIn(line, inTraceback);
    if (found === null) continue;
    open = { ...found, own: inTraceback ? traced : null };
    inTraceback = false;
    sections.push(open);
  }
  return { sections, rootFirst, frames };
}

/** Ruby puts the place before the error: ``a.rb:12:in `total': no price (NoMethodError)``. */
function rubyError(line: string): (Open & { readonly place: string }) | null {
  const [, place, message, type] =
    /^(\S{1,300}:\d{1,7}:in [`'][^`']{1,200}'): (.*) \(([A-Z][\w:]{1,100})\)$/.exec(line.slice(0, LONGEST_MESSAGE)) ??
    [];
  return place === undefined || message === undefined || type === undefined
    ? null
    : { place, message, type, own: null };
}

function errorIn(line: string, afterFrames: boolean): { type: string; message: string } | null {
  const text = line.trim().slice(0, LONGEST_MESSAGE);
  if (text.startsWith('panic: ')) return { type: 'panic', message: text.slice(7) };
  if (text.startsWith('fatal error: ')) return { type: 'fatal error', message: text.slice(13) };
  const [, railsType, rails] = /^([A-Z][\w:]{1,100}) \((.*)\):$/.exec(text) ?? [];
  if (railsType !== undefined && rails !== undefined) return { type: railsType, message: rails };
  const cause = CAUSE.exec(text);
  const [, type = '', message = ''] = ERROR_LINE.exec(cause === null ? text : text.slice(cause[0].length)) ?? [];
  if (type === '' || (cause === null && !(afterFrames && !line.startsWith(' ')) && !TYPE_OF_ERROR.test(type)))
    return null;
  return { type, message: message.trim() };
}
