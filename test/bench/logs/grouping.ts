/** How well lines were grouped: Zhu et al., "Tools and Benchmarks for Automated Log Parsing" (ICSE 2019), and Jiang et al. (ISSTA 2024) for F1. */
export interface Grouping {
  /** Share of lines whose group is exactly the one of their true event. */
  readonly ga: number;
  /** F1 of the groups that are exactly right, over predicted and true groups. */
  readonly fga: number;
  readonly groups: number;
  readonly events: number;
}

export function gradeGrouping(truth: readonly string[], predicted: readonly string[]): Grouping {
  const [events, groups] = [membersOf(truth), membersOf(predicted)];
  const right = new Set([...events.values()].map((lines) => lines.join()));
  const exact = [...groups.values()].filter((lines) => right.has(lines.join()));
  return {
    ga: exact.reduce((sum, lines) => sum + lines.length, 0) / truth.length,
    fga: (2 * exact.length) / (groups.size + events.size),
    groups: groups.size,
    events: events.size,
  };
}

function membersOf(names: readonly string[]): Map<string, number[]> {
  const members = new Map<string, number[]>();
  for (const [line, name] of names.entries()) {
    const lines = members.get(name);
    if (lines === undefined) members.set(name, [line]);
    else lines.push(line);
  }
  return members;
}
