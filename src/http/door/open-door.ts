import { Worker } from 'node:worker_threads';
import type { FastifyInstance } from 'fastify';
import { HaleError, isHaleError } from '../../domain/errors.ts';
import type { AlertIntake } from '../../intake/alert-intake.ts';
import type { ReadAlerts } from '../../intake/read-alerts.ts';
import { createRequestAnswerer } from './answer-request.ts';
import type { DoorSettings, FromDoor, Line, Outcome, ToDoor } from './messages.ts';

export interface DoorOptions {
  readonly settings: DoorSettings;
  /** Answers everything but alerts. */
  readonly app: FastifyInstance;
  readonly intake: AlertIntake;
  readonly onWarning: (message: string, data: Readonly<Record<string, unknown>>) => void;
  /** A body of alerts was answered. */
  readonly onAnswer: (status: number) => void;
  /** Intake refused a body before it was handed over. */
  readonly onNotRead: (code: string) => void;
}

export interface Door {
  readonly url: string;
  /** Resolves when the thread ended though nobody asked it to: nothing listens any more. */
  readonly failed: Promise<Error>;
  close(withinMs: number): Promise<void>;
}

/** Bodies, parsed and as text, and the answers to them; more than all that may be pending. Beyond it the thread ends, and with it the daemon. */
const MAX_HEAP_MB = 384;
/** How much longer than it was told the thread may take to say that it is closed. */
const CLOSE_GRACE_MS = 1_000;

/** Starts the thread that listens. Errors: config-invalid when it cannot listen there. */
export async function openDoor(options: DoorOptions, maxHeapMb = MAX_HEAP_MB): Promise<Door> {
  // Sources run as they are in development and tests, compiled in the image.
  const entry = new URL(import.meta.url.endsWith('.ts') ? './thread.ts' : './thread.js', import.meta.url);
  const worker = new Worker(entry, {
    name: 'http',
    workerData: options.settings,
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: maxHeapMb },
  });
  let closing = false;
  const failed = new Promise<Error>((resolve) => {
    const fail = (error: Error): void => {
      if (!closing) resolve(error);
    };
    worker.once('error', (error) => fail(error instanceof Error ? error : new Error(String(error))));
    worker.once('exit', (code) => fail(new Error(`the thread of the HTTP door ended with code ${code}`)));
  });
  const line: Line<ToDoor, FromDoor> = {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread of ours, not a window
    post: (message) => worker.postMessage(message),
    onMessage: (take) => worker.on('message', (message: FromDoor) => take(message)),
  };
  const { listening, closed } = attend(options, line);
  try {
    const url = await Promise.race([listening, failed.then((error) => Promise.reject(error))]);
    return {
      url,
      failed,
      async close(withinMs) {
        closing = true;
        line.post({ kind: 'close', withinMs });
        const late = new Promise<void>((resolve) => setTimeout(resolve, withinMs + CLOSE_GRACE_MS).unref());
        await Promise.race([closed, failed, late]);
        await worker.terminate();
      },
    };
  } catch (error) {
    await worker.terminate();
    throw error;
  }
}

/** Answers what the thread asks; resolves with its address, and when it is closed. */
function attend(
  { settings, app, intake, onWarning, onAnswer, onNotRead }: DoorOptions,
  line: Line<ToDoor, FromDoor>,
): { readonly listening: Promise<string>; readonly closed: Promise<void> } {
  const listening = Promise.withResolvers<string>();
  const closed = Promise.withResolvers<void>();
  const store = createStoring(intake, line, onWarning, onAnswer);
  const answerer = createRequestAnswerer(
    app,
    (message) => line.post(message),
    (error) => onWarning('A request could not be answered', { cause: error }),
  );
  line.onMessage((message) => {
    switch (message.kind) {
      case 'alerts':
        for (const { id, alerts } of message.bodies) store(id, alerts);
        return;
      case 'request':
        return answerer.begin(message);
      case 'body':
        return answerer.body(message.id, message.bytes);
      case 'body-end':
        return answerer.end(message.id, message.whole);
      case 'refused': {
        const { code, status, cause } = message;
        onAnswer(status);
        return onWarning('Alerts were refused', { code, status, ...(cause === null ? {} : { cause }) });
      }
      case 'not-read':
        return onNotRead(message.code);
      case 'are-you-there':
        return line.post({ kind: 'here' });
      case 'listening':
        return listening.resolve(message.url);
      case 'cannot-listen':
        return listening.reject(cannotListen(settings, message.why));
      case 'closed':
        return closed.resolve();
    }
  });
  return { listening: listening.promise, closed: closed.promise };
}

/** Stores bodies; what became of those that one group of commits made durable goes back as one message. */
function createStoring(
  intake: AlertIntake,
  line: Line<ToDoor, FromDoor>,
  onWarning: DoorOptions['onWarning'],
  onAnswer: DoorOptions['onAnswer'],
): (id: number, alerts: ReadAlerts) => void {
  let outcomes: Outcome[] = [];

  function tell(outcome: Outcome): void {
    // After all promises that this turn resolves.
    if (outcomes.length === 0) {
      process.nextTick(() => {
        const told = outcomes;
        outcomes = [];
        line.post({ kind: 'outcomes', outcomes: told });
      });
    }
    outcomes.push(outcome);
  }

  async function outcomeOf(id: number, alerts: ReadAlerts): Promise<Outcome> {
    try {
      const { warnings, ...result } = await intake.take(alerts);
      for (const warning of warnings) onWarning('Alerts could not all be looked up', { warning });
      onAnswer(200);
      return { id, result };
    } catch (error) {
      if (isHaleError(error)) return { id, error: { code: error.code, message: error.message } };
      onWarning('Alerts could not be stored', { code: 'internal-error', cause: error });
      return { id, error: { code: 'internal-error', message: 'a defect in Hale' } };
    }
  }

  return (id, alerts) => void outcomeOf(id, alerts).then(tell);
}

function cannotListen({ host, port }: DoorSettings, why: string): HaleError {
  return new HaleError('config-invalid', `cannot listen on ${host}:${port}: ${why}; change listen.host or listen.port`);
}
