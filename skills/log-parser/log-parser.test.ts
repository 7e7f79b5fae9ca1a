import { describe, expect, it } from 'vitest';
import { logParser } from './index.ts';
import { LogParserOutput } from './schema.ts';

function parse(lines: readonly string[], input: Record<string, unknown> = {}): LogParserOutput {
  const stream = logParser.open?.(input);
  for (const line of lines) stream?.push(line);
  return LogParserOutput.parse(stream?.result());
}

describe('log-parser', () => {
  it('says which pattern is behind the errors, since when, on which route, with which exception and frame', () => {
    const lines = Array.from({ length: 40 }, (_, index) => {
      const second = String(index).padStart(2, '0');
      const failed = index >= 30;
      return JSON.stringify({
        '@timestamp': `2026-11-27T10:00:${second}Z`,
        'log.level': failed ? 'error' : 'info',
        message: failed ? `checkout of cart ${index} failed` : `checkout of cart ${index} done in ${index} ms`,
        http: { route: `/checkout/${index}`, response: { status_code: failed ? 500 : 200 } },
        ...(failed
          ? {
              'error.stack_trace':
                'Error: payment refused\n    at pay (/app/node_modules/pay/index.js:3:1)\n    at checkout (/app/src/checkout.js:42:7)',
            }
          : {}),
      });
    });

    const { patterns, formats, timed } = parse(lines);

    expect({ formats, timed }).toEqual({ formats: { json: 40, logfmt: 0, text: 0 }, timed: true });
    expect(patterns[1]).toMatchObject({
      template: 'checkout of cart <*> failed',
      events: 10,
      share: 0.25,
      firstAt: Date.UTC(2026, 10, 27, 10, 0, 30),
      levels: { ERROR: 10 },
      statuses: { 500: 10 },
      routes: ['/checkout/<*>'],
      exceptions: [
        { rootType: 'Error', rootMessage: 'payment refused', ownFrame: 'checkout (/app/src/checkout.js:42:7)' },
      ],
    });
  });

  it('keeps no secret, in samples, exceptions and routes neither', () => {
    const output = parse([
      'login password=hunter2 failed',
      'java.lang.IllegalStateException: no route for a@b.example',
      '\tat shop.Login.run(Login.java:7)',
      '{"msg":"x","path":"/reset/token=hunter2hunter2","level":"warn"}',
    ]);

    expect(JSON.stringify([output, logParser.render(output)])).not.toMatch(/hunter2|a@b\.example/);
  });

  it('answers over text as over a stream, and renders a table', async () => {
    const lines = ['took 5 ms', 'took 6 ms', 'ready'];
    const output = parse(lines);

    expect(logParser.render(output).join('\n')).toMatch(/2 +66\.7 % .*took <\*>\n.*\n +e\.g\. took 5 ms/);
    expect(output).toMatchObject({ lines: 3, events: 3, timed: false, patterns: [{ counts: expect.any(Array) }, {}] });
  });

  it('is nothing for nothing', () => {
    expect(parse([])).toMatchObject({ lines: 0, events: 0, patterns: [], firstAt: null });
    expect(logParser.render(parse([]))[0]).toContain('0 lines');
  });
});
