import { describe, expect, it } from 'vitest';
import { startTracing, traced } from './tracing.ts';

describe('traced', () => {
  it('calls through with the arguments, the object and the answer', async () => {
    const port = {
      factor: 3,
      async times(value: number) {
        return value * this.factor;
      },
      plain: () => 'untouched',
    };

    const wrapped = traced('test', port, ['times']);

    expect(await wrapped.times(2)).toBe(6);
    expect(wrapped.plain()).toBe('untouched');
  });

  it('passes errors on', async () => {
    const port = {
      async fail(): Promise<never> {
        throw new Error('no');
      },
    };

    await expect(traced('test', port, ['fail']).fail()).rejects.toThrow('no');
  });
});

describe('startTracing', () => {
  it('stays off without the standard variables', async () => {
    expect(await startTracing({})).toBeNull();
    expect(await startTracing({ OTEL_TRACES_EXPORTER: 'none' })).toBeNull();
    expect(
      await startTracing({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318', OTEL_SDK_DISABLED: 'true' }),
    ).toBeNull();
  });

  it('starts and stops the SDK when they are set', async () => {
    const stop = await startTracing({ OTEL_TRACES_EXPORTER: 'console' });

    expect(stop).not.toBeNull();
    await stop?.();
  });
});
