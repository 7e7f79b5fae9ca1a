import { context, SpanStatusCode, trace } from '@opentelemetry/api';

const tracer = trace.getTracer('hale');

/** Runs one tick inside a span named after its phase. Without an SDK registered this costs nothing. */
export async function inTickSpan<T>(phase: string, id: string, run: () => Promise<T>): Promise<T> {
  const span = tracer.startSpan(`tick ${phase}`, { attributes: { 'hale.phase': phase, 'hale.record.id': id } });
  try {
    return await context.with(trace.setSpan(context.active(), span), run);
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR });
    throw error;
  } finally {
    span.end();
  }
}
