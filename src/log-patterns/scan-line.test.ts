import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PARAMETER_TYPES } from './parameter-type.ts';
import { createLineScanner, LONGEST_SCANNED, MOST_TOKENS } from './scan-line.ts';

const scanner = createLineScanner(7);

function scanned(line: string): { tokens: string[]; types: string[]; hash: string } {
  scanner.scan(line);
  const indexes = Array.from({ length: scanner.count() }, (_, index) => index);
  return {
    tokens: indexes.map((index) => scanner.text(index)),
    types: indexes.flatMap((index) => PARAMETER_TYPES.filter((_, bit) => scanner.mask(index) === 1 << bit)),
    hash: `${scanner.hashLow()} ${scanner.hashHigh()}`,
  };
}

describe('the tokens of a line', () => {
  it.each([
    ['took 12 tries', 'took <*> tries', ['number']],
    ['at -7.5, 1,234 and 99% of it', 'at <*> , <*> and <*> of it', ['number', 'number', 'number']],
    ['from 10.0.0.7:5432 to fe80::1:2', 'from <*> to <*>', ['address', 'address']],
    ['on 00:0d:60:e9:1d:dc up', 'on <*> up', ['address']],
    ['on 2001:db8::ff00:42:8329 up', 'on <*> up', ['address']],
    ['orders.shop.svc:8080 refused', '<*> refused', ['address']],
    ['id 9f4ef63a or 0x1F', 'id <*> or <*>', ['hex', 'hex']],
    ['job 0b0c9f3e-4b0d-4a6b-9a55-0d0f8a3d7a11 ran', 'job <*> ran', ['uuid']],
    ['read /var/log/app.log', 'read <*>', ['path']],
    ['GET https://shop.example/a?b=1, done', 'GET <*> , done', ['url']],
    ['mail jo@mail.example bounced', 'mail <*> bounced', ['email']],
    ['in 12ms or 3.5 seconds', 'in <*> or <*>', ['duration', 'duration']],
    ['lifetime <1 sec', 'lifetime <*>', ['duration']],
    ['sent 1165 bytes (1.13 KB) in', 'sent <*> in', ['size']],
    ['at 2026-11-27T23:01:02.123Z', 'at <*>', ['time']],
    ['on Fri Jul 01 08:16:53 PDT 2005 by', 'on <*> by', ['time']],
    ['since Jul  1 09:00:55', 'since <*>', ['time']],
    ['block blk_-160899 of node-17', 'block blk_<*> of node-<*>', []],
    ['key a1b2c3x9 lost', 'key <*> lost', ['identifier']],
    ['paid by <redacted:card>', 'paid by <*>', ['redacted']],
    ['paid by card_<redacted:card>.', 'paid by card_<*> .', []],
    ['depth......................4', 'depth .. <*>', ['number']],
    ['a=1;b="x y"', 'a = <*> ; b = " x y "', ['number']],
    ['Grüße an Jürgen', 'Grüße an Jürgen', []],
  ])('%j is %j', (line, template, types) => {
    const { tokens, types: found } = scanned(line);

    expect(tokens.join(' ')).toBe(template);
    expect(found).toEqual(types);
  });

  it('are the same for a card number and for the placeholder of one', () => {
    expect(scanned('blk_-4111111111111111 of 4111111111111111').hash).toBe(
      scanned('blk_-<redacted:card> of <redacted:card>').hash,
    );
  });

  it('end within bounds; what is behind them is one more parameter', () => {
    const long = scanned('word '.repeat(4_000_000));
    const wide = scanned('x'.repeat(2 * LONGEST_SCANNED));

    expect(long.tokens.length).toBe(MOST_TOKENS + 1);
    expect(long.tokens.at(-1)).toBe('<*>');
    expect(wide.tokens.length).toBe(2);
  });

  it('tell lines apart by their hash exactly as by their tokens', () => {
    const piece = fc.constantFrom(
      'a',
      'to',
      'err',
      '12',
      '9',
      ' ',
      ' ',
      '=',
      '.',
      '..',
      ':',
      '-',
      '/',
      '0x',
      '<',
      '<*>',
      'ms',
      'é',
    );
    const line = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(line, line, (a, b) => {
        const [one, other] = [scanned(a), scanned(b)];

        expect(one.hash === other.hash).toBe(one.tokens.join('\n') === other.tokens.join('\n'));
      }),
      { numRuns: 1_000 },
    );
  });

  it('survive anything, and hold nothing that was masked', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (line) => {
        const { tokens } = scanned(line);

        expect(tokens.every((token) => token.length > 0)).toBe(true);
        expect(tokens.some((token) => /\d/.test(token))).toBe(false);
      }),
      { numRuns: 300 },
    );
  });
});
