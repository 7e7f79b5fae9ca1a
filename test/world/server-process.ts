import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, sleep } from './clock.ts';
import { describeError, WorldError, type WorldErrorCode } from './errors.ts';

export interface ServerSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly uid?: number;
  readonly gid?: number;
  readonly logFolder: string;
  /** PostgreSQL wants SIGINT for "end the sessions now"; everything else takes SIGTERM. */
  readonly stopSignal?: NodeJS.Signals;
}

/** Told when a part ends although nobody stopped it. */
export type OnDeath = (error: WorldError) => void;

/** A part of the world: one process group of its own, its output in `<logFolder>/<name>.log`. */
export class ServerProcess {
  readonly name: string;
  readonly logFile: string;
  readonly exited: Promise<string>;
  readonly #child: ChildProcess;
  readonly #clock: Clock;
  readonly #stopSignal: NodeJS.Signals;
  #end: string | undefined;
  #stopping = false;

  private constructor(spec: ServerSpec, clock: Clock, onDeath?: OnDeath) {
    this.name = spec.name;
    this.logFile = join(spec.logFolder, `${spec.name}.log`);
    this.#clock = clock;
    this.#stopSignal = spec.stopSignal ?? 'SIGTERM';
    const log = openSync(this.logFile, 'a');
    try {
      this.#child = spawn(spec.command, [...spec.args], {
        detached: true,
        stdio: ['ignore', log, log],
        env: { PATH: process.env['PATH'] ?? '', HOME: spec.logFolder, LANG: 'C.UTF-8', ...spec.env },
        ...(spec.uid === undefined ? {} : { uid: spec.uid }),
        ...(spec.gid === undefined ? {} : { gid: spec.gid }),
      });
    } finally {
      closeSync(log);
    }
    this.exited = new Promise((resolve) => {
      const ended = (how: string) => {
        this.#end = how;
        resolve(how);
        if (!this.#stopping) onDeath?.(this.#failure('part-exited', `ended: ${how}`));
      };
      this.#child.once('error', (error) => ended(`could not be started: ${error.message}`));
      this.#child.once('exit', (code, signal) => ended(signal === null ? `exit code ${code}` : `signal ${signal}`));
    });
  }

  static start(spec: ServerSpec, clock: Clock, onDeath?: OnDeath): ServerProcess {
    return new ServerProcess(spec, clock, onDeath);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** How it ended although nobody stopped it, or undefined while all is well. */
  get diedOf(): string | undefined {
    return this.#stopping ? undefined : this.#end;
  }

  logTail(lines = 20): string {
    return readFileSync(this.logFile, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  }

  /**
   * Asks `check` again and again until it says true; an exit or the time limit throws with the end of the log, an abort of the signal with
   * its reason.
   */
  async ready(check: () => Promise<boolean>, timeoutMs: number, signal: AbortSignal): Promise<void> {
    const deadlineMs = this.#clock.now() + timeoutMs;
    let last = 'it never answered';
    while (this.#end === undefined && this.#clock.now() < deadlineMs) {
      try {
        if (await check()) return;
        last = 'it answers that it is not ready';
      } catch (error) {
        last = describeError(error);
      }
      await sleep(this.#clock, 50, signal);
      signal.throwIfAborted();
    }
    const what = this.#end === undefined ? `is not ready after ${timeoutMs} ms (${last})` : `ended: ${this.#end}`;
    throw this.#failure(this.#end === undefined ? 'not-ready' : 'part-exited', what);
  }

  async stop(graceMs = 8_000): Promise<void> {
    this.#stopping = true;
    if (this.#end === undefined) {
      this.#kill(this.#stopSignal);
      const cancel = this.#clock.setTimer(graceMs, () => this.#kill('SIGKILL'));
      await this.exited;
      cancel();
    }
    // The leader is gone; whatever it left in its group goes as well.
    this.#kill('SIGKILL');
  }

  #failure(code: WorldErrorCode, what: string): WorldError {
    return new WorldError(code, `${this.name} ${what}; the end of its log ${this.logFile}:\n${this.logTail()}`);
  }

  #kill(signal: NodeJS.Signals): void {
    if (this.#child.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, signal);
    } catch {
      // The group is empty already.
    }
  }
}
