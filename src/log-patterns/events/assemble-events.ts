import { createContinuation } from './continuation.ts';
import type { LogEvent } from './log-event.ts';
import { readEvent } from './read-event.ts';

/** An event is cut here; what follows is the next one. */
const MOST_LINES = 2_000;
const MOST_CHARACTERS = 256 * 1024;

export interface EventAssembler {
  push(line: string): void;
  /** Nothing more comes, or nothing came for a while: the open event is complete. */
  flush(): void;
}

/** Puts the lines of one source back together to events: a stack trace belongs to the line that it stands under. */
export function createEventAssembler(onEvent: (event: LogEvent) => void): EventAssembler {
  const continuation = createContinuation();
  let open: string[] = [];
  let characters = 0;

  function push(line: string): void {
    const fits = open.length < MOST_LINES && characters + line.length <= MOST_CHARACTERS;
    if (open.length > 0 && fits && continuation.belongs(line)) {
      open.push(line);
      characters += line.length;
      return;
    }
    flush();
    if (line === '') return;
    open.push(line);
    characters = line.length;
    continuation.begin(line);
  }

  function flush(): void {
    // Blank lines were taken for what may follow them.
    while (open.length > 0 && open.at(-1) === '') open.pop();
    if (open.length > 0) onEvent(readEvent(open));
    open = [];
    characters = 0;
  }

  return { push, flush };
}
