import { type Span, trace } from '@opentelemetry/api';
import { afterEach, describe, expect, it } from 'vitest';
import { HaleError } from '../domain/errors.ts';
import { startTracing, stepEvents, traced } from './tracing.ts';

afterEach(() => trace.disable());

/** Notes what a span is told; stands in for an SDK. */
function noteSpans(): string[] {
  const noted: string[] = [];
  const startSpan = (name: string): Span => {
    const span: Partial<Span> = {
      setAttribute: (key, value) => (noted.push(`${name} ${key}=${String(value)}`), span as Span),
      setStatus: ({ code }) => (noted.push(`${name} status=${code}`), span as Span),
      addEvent: (event) => (noted.push(`${name} event=${event}`), span as Span),
      recordException: () => void noted.push(`${name} exception`),
      end: () => void noted.push(`${name} end`),
    };
    return span as Span;
  };
  trace.setGlobalTracerProvider({ getTracer: () => ({ startSpan, startActiveSpan: () => undefined as never }) });
  return noted;
}

describe('spans', () => {
  it('carry the name of the call and the code of its error, never its message', async () => {
    const noted = noteSpans();
    const fail = () => Promise.reject(new HaleError('metrics-rejected', 'hunter2 is no query'));
    const port = traced('prometheus', { instant: fail }, ['instant']);

    await expect(port.instant()).rejects.toThrow('hunter2');

    expect(noted).toEqual([
      'prometheus.instant error.type=metrics-rejected',
      'prometheus.instant status=2',
      'prometheus.instant end',
    ]);
  });

  it('points of a tick outside any span are let go', () => {
    expect(() => stepEvents.reached('acting.prepared', 'incident-1')).not.toThrow();
  });
});

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
