import { context, SpanStatusCode, trace } from '@opentelemetry/api';
import { isHaleError } from '../domain/errors.ts';
import type { StepObserver } from '../ports/steps.ts';

const tracer = trace.getTracer('hale');

/** Names of the methods of a port that answer with a promise. */
type AsyncMethod<T> = {
  [K in keyof T & string]: T[K] extends (...args: never[]) => Promise<unknown> ? K : never;
}[keyof T & string];

/** The port with a span around each of the named methods: `<name>.<method>`. The other members pass through. */
export function traced<T extends object>(name: string, port: T, methods: readonly AsyncMethod<T>[]): T {
  const wrapped: Record<string, unknown> = {};
  for (const method of methods) {
    const original = port[method] as (...args: unknown[]) => Promise<unknown>;
    wrapped[method] = (...args: unknown[]) => inSpan(`${name}.${method}`, () => original.apply(port, args));
  }
  // The port as prototype, not a Proxy: intake asks the cluster for every alert, and a Proxy costs more than the answer.
  return Object.assign(Object.create(port) as T, wrapped);
}

async function inSpan<T>(name: string, run: () => Promise<T>): Promise<T> {
  const span = tracer.startSpan(name);
  try {
    return await context.with(trace.setSpan(context.active(), span), run);
  } catch (error) {
    // Only the code leaves this process: a message may quote what a server was sent.
    span.setAttribute('error.type', isHaleError(error) ? error.code : 'unexpected');
    span.setStatus({ code: SpanStatusCode.ERROR });
    throw error;
  } finally {
    span.end();
  }
}

/** Each named point of a tick becomes an event of the tick's span. */
export const stepEvents: StepObserver = {
  reached: (step) => void trace.getActiveSpan()?.addEvent(step),
};

/** The standard variables that switch the SDK on; without any of them spans cost nothing. */
const SWITCHES = ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_TRACES_EXPORTER'];

/** Starts the OpenTelemetry SDK when the standard variables ask for it; returns how to stop it, or null. */
export async function startTracing(
  env: Readonly<Record<string, string | undefined>>,
): Promise<(() => Promise<void>) | null> {
  const asked = SWITCHES.some((name) => (env[name] ?? '') !== '' && env[name] !== 'none');
  if (!asked || env.OTEL_SDK_DISABLED === 'true') return null;
  const { NodeSDK } = await import('@opentelemetry/sdk-node');
  // Spans only: figures are at /metrics, and the log has its own way.
  const sdk = new NodeSDK({
    serviceName: env.OTEL_SERVICE_NAME ?? 'hale',
    metricReaders: [],
    logRecordProcessors: [],
  });
  sdk.start();
  return () => sdk.shutdown();
}
