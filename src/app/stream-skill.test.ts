import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linesOf, linesOfChunks } from './line-source.ts';
import { streamSkill } from './stream-skill.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hale-lines-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function all(source: AsyncIterable<readonly string[]>): Promise<string[]> {
  const lines: string[] = [];
  for await (const some of source) lines.push(...some);
  return lines;
}

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const options = (path: string, stdin: Readable = Readable.from([])) => ({
  file: path,
  stdin,
  env: {},
  progress: () => undefined,
  now: () => 0,
});

describe('lines of a stream', () => {
  it('are whole wherever the chunks are cut, characters of several bytes too', async () => {
    const bytes = Buffer.from('één\r\ntwo €\n\nlast');
    const cut = Array.from(bytes, (_, index) => bytes.subarray(index, index + 1));

    expect(await all(linesOfChunks(Readable.from(cut)))).toEqual(['één', 'two €', '', 'last']);
  });

  it('are cut when they are long, and read on when they are no UTF-8', async () => {
    const bytes = Buffer.concat([
      Buffer.alloc(10_000_000, 'x'),
      Buffer.from('\n'),
      Buffer.from([0xff, 0xfe, 0x41]),
      Buffer.from('\nok\n'),
    ]);

    const [long, broken, ok] = await all(linesOfChunks(Readable.from([bytes])));

    expect(long?.length).toBe(64 * 1024);
    expect(broken).toBe('\ufffd\ufffdA');
    expect(ok).toBe('ok');
  });

  it('come out of gzipped files; a broken or missing one is an error that names it', async () => {
    expect(await all(linesOf(file('a.gz', gzipSync('one\ntwo\n')), Readable.from([])))).toEqual(['one', 'two']);
    await expect(all(linesOf(file('b.gz', 'no gzip'), Readable.from([])))).rejects.toThrow(/b\.gz cannot be read/);
    await expect(all(linesOf(join(folder, 'none.log'), Readable.from([])))).rejects.toMatchObject({
      code: 'usage-invalid',
    });
  });
});

describe('a skill over a stream', () => {
  it('answers for a file and for standard input alike', async () => {
    const text = 'took 5 ms\ntook 6 ms\nfailed\n';

    const ofFile = await streamSkill('log-parser', { top: 1 }, options(file('app.log', text)));
    const ofStdin = await streamSkill('log-parser', { top: 1 }, options('-', Readable.from([Buffer.from(text)])));

    expect(ofFile).toEqual(ofStdin);
    expect(ofFile.output).toMatchObject({ lines: 3, morePatterns: 1, patterns: [{ template: 'took <*>', events: 2 }] });
  });

  it.each([
    ['trace-latency', {}, 'reads no stream'],
    ['log-parser', { top: 0 }, 'top'],
  ])('%s with %j is refused', async (id, input, message) => {
    await expect(streamSkill(id, input, options('-'))).rejects.toThrow(message);
  });
});
