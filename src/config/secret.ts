import { inspect } from 'node:util';

const SHOWN = '<secret>';

/** A secret that prints as `<secret>` wherever it is shown; only `reveal()` gives it out. A class, for printing is what it is about. */
export class Secret {
  readonly #read: () => string;

  /** `read` is asked each time, so that a secret renewed on disk is used at once. */
  constructor(read: () => string) {
    this.#read = read;
  }

  reveal(): string {
    return this.#read();
  }

  toString(): string {
    return SHOWN;
  }

  toJSON(): string {
    return SHOWN;
  }

  [inspect.custom](): string {
    return SHOWN;
  }
}
