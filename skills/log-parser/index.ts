import { createEventAssembler } from '../../src/log-patterns/events/assemble-events.ts';
import { createLogMiner } from '../../src/log-patterns/miner.ts';
import { defineSkill, type SkillStream } from '../../src/plugin/skill.ts';
import { createRedactor } from '../../src/redaction/redactor.ts';
import { renderPatterns } from './render.ts';
import { LogParserInput, LogParserOutput } from './schema.ts';
import { createTallies } from './tally.ts';

/** Finds the patterns behind the lines of a log. */
export const logParser = defineSkill<LogParserInput, LogParserOutput>({
  id: 'log-parser',
  summary: 'finds the patterns behind the lines of a log: how many, since when, with which error',
  needs: [],
  input: LogParserInput,
  output: LogParserOutput,
  async run(input) {
    const stream = openStream(input);
    for (const line of (input.text ?? '').split('\n')) stream.push(line);
    return stream.result();
  },
  open: openStream,
  render: renderPatterns,
});

function openStream({ top }: LogParserInput): SkillStream<LogParserOutput> {
  const redactor = createRedactor();
  const redact = (text: string) => redactor.text(text);
  const miner = createLogMiner({ redact });
  const tallies = createTallies({ redact, currentId: (id) => miner.currentId(id) });
  const formats: Record<string, number> = { json: 0, logfmt: 0, text: 0 };
  let lines = 0;
  const assembler = createEventAssembler((event) => {
    formats[event.format] = (formats[event.format] ?? 0) + 1;
    const { id } = miner.add(event.message, event.at ?? undefined);
    tallies.add(id, event);
  });

  return {
    push(line) {
      lines += 1;
      assembler.push(line);
    },
    progress: () => `${lines.toLocaleString('en')} lines, ${miner.lines.toLocaleString('en')} events`,
    result() {
      assembler.flush();
      const all = miner.patterns();
      const moments = all.flatMap(({ firstAt, lastAt }) =>
        firstAt === null || lastAt === null ? [] : [firstAt, lastAt],
      );
      return {
        lines,
        events: miner.lines,
        formats,
        timed: moments.length > 0,
        firstAt: moments.length > 0 ? moments.reduce((a, b) => Math.min(a, b)) : null,
        lastAt: moments.length > 0 ? moments.reduce((a, b) => Math.max(a, b)) : null,
        patterns: all
          .slice(0, top)
          .map(({ id, template, parameters, lines: events, firstAt, lastAt, counts, samples }) => ({
            id,
            template,
            parameters: parameters.map((types) => [...types]),
            events,
            share: events / miner.lines,
            firstAt,
            lastAt,
            counts: [...counts],
            ...tallies.of(id),
            samples: samples.map(({ text }) => text),
          })),
        morePatterns: Math.max(0, all.length - top),
        givenUp: { patterns: miner.evicted.patterns, events: miner.evicted.lines },
      };
    },
  };
}
