import { connect, type Socket } from 'node:net';

export interface SentAnswer {
  readonly status: number;
  readonly body: string;
}

/** One connection of a sender of alerts, with one body under way at a time. */
export interface AlertConnection {
  /** Rejects when the connection ends before the answer. */
  post(body: string): Promise<SentAnswer>;
  close(): void;
}

/**
 * HTTP/1.1 over a socket of its own, no more than a webhook needs: a general client takes as much of the processor for a request as the daemon for
 * some alerts, on a machine that both share. Opens again when the other side closed after an answer.
 */
export function openAlertConnection(url: string, path: string, token: string): AlertConnection {
  const { hostname, port, host } = new URL(url);
  const head = `POST ${path} HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\nauthorization: Bearer ${token}\r\ncontent-length: `;
  let socket: Socket | null = null;
  let waiting: PromiseWithResolvers<SentAnswer> | null = null;
  let text = '';

  function open(): Socket {
    const opened = connect(Number(port), hostname).setNoDelay(true).setEncoding('utf8');
    opened.on('data', (chunk: string) => {
      text += chunk;
      const answer = answerIn(text);
      if (answer === null) return;
      text = '';
      const done = waiting;
      waiting = null;
      if (answer.closes) {
        opened.destroy();
        socket = null;
      }
      done?.resolve(answer);
    });
    opened.on('error', () => undefined);
    opened.on('close', () => {
      if (socket !== opened) return;
      socket = null;
      waiting?.reject(new Error('the connection ended before the answer'));
      waiting = null;
    });
    return opened;
  }

  return {
    post(body) {
      waiting = Promise.withResolvers<SentAnswer>();
      const { promise } = waiting;
      socket ??= open();
      socket.write(`${head}${Buffer.byteLength(body)}\r\n\r\n${body}`);
      return promise;
    },
    close() {
      socket?.destroy();
    },
  };
}

/** The answer once it is whole; those of the daemon always say their length. */
function answerIn(text: string): (SentAnswer & { readonly closes: boolean }) | null {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const head = text.slice(0, end);
  const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? Number.NaN);
  const body = text.slice(end + 4);
  if (Number.isNaN(length)) throw new Error(`an answer without its length: ${head}`);
  if (Buffer.byteLength(body) < length) return null;
  return { status: Number(head.slice(9, 12)), body, closes: /\r\nconnection: close/i.test(head) };
}
