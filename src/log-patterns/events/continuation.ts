/** Whether a line goes on with the event before it, by the line alone and what the event is in the middle of. */
export interface Continuation {
  /** True: the line belongs to the event that is open. Updates what it remembers. */
  belongs(line: string): boolean;
  /** A new event began with this line. */
  begin(line: string): void;
}

const GOES_ON =
  /^(?:Caused by: |Suppressed: |\.{3} \d{1,6} (?:more|common frames)|-{3} End of|-{2,4}> |Traceback \(most recent call last\)|During handling of the above exception|The above exception was the direct cause|Stack trace:|PHP Stack trace:|#\d{1,4} |goroutine \d{1,12} \[|created by |exit status \d|\[signal |\[recovered\]|\[cause\]: |Next [A-Z])/;
const NAME_OF_ERROR =
  /^(?:[A-Za-z_$][\w$]{0,100}(?:\.|::)){0,20}[A-Za-z_$][\w$]{0,100}(?:Exception|Error|Throwable|Interrupt|Exit)(?::|$)/;
const GO_FRAME = /^[A-Za-z_][\w./*()[\]-]{0,300}\(.{0,1000}\)$/;

export function createContinuation(): Continuation {
  /** Inside of a traceback of Python, and of a panic of Go: blank lines and lines that are not indented belong to them. */
  let python = false;
  /** One of those was seen: another may follow behind a blank line. */
  let traceback = false;
  let go = false;
  let brace = false;
  /** The error itself was seen, or frames of it: another one by name is another event. */
  let told = false;

  function note(line: string): void {
    if (line.startsWith('Traceback (most recent call last)')) python = traceback = true;
    if (line.startsWith('panic: ') || line.startsWith('fatal error: ') || line.startsWith('goroutine ')) go = true;
    told ||= NAME_OF_ERROR.test(line) || isIndented(line);
    brace = line.endsWith('{') || (brace && line !== '}');
  }

  function belongs(line: string): boolean {
    const goesOn = looksLikeMore(line);
    if (goesOn) note(line);
    return goesOn;
  }

  function looksLikeMore(line: string): boolean {
    if (line === '') return go || traceback;
    if (isIndented(line)) return true;
    if (GOES_ON.test(line)) return true;
    if (go && GO_FRAME.test(line)) return true;
    if (brace && line === '}') return true;
    // The error of a traceback stands behind its frames, on a line of its own.
    if (python && /^[A-Za-z_][\w.]{0,200}(?::|$)/.test(line) && !/^(?:[A-Z]+|INFO|WARN|ERROR|DEBUG)\b:/.test(line)) {
      python = false;
      return true;
    }
    return !told && NAME_OF_ERROR.test(line);
  }

  return {
    belongs,
    begin(line) {
      python = false;
      traceback = false;
      go = false;
      brace = false;
      told = false;
      note(line);
    },
  };
}

function isIndented(line: string): boolean {
  const first = line.charCodeAt(0);
  return first === 32 || first === 9;
}
