/** `bad_data` is the asker's mistake (400), `execution` came up while evaluating (422): the words of Prometheus's API. */
export class PromqlError extends Error {
  readonly type: 'bad_data' | 'execution';

  constructor(type: 'bad_data' | 'execution', message: string) {
    super(message);
    this.name = 'PromqlError';
    this.type = type;
  }
}
