import type { CallEdge, CallGraph } from '../domain/call-graph.ts';
import { moment, paint, type Screen, table } from './text.ts';

/** More than so many levels are a chain that nobody reads on a terminal. */
const MAX_DEPTH = 12;

/** Trees of calls from those whom nobody calls, then how each call is known. What is printed once is only named the second time. */
export function renderTopology(screen: Screen, { at, nodes, edges, notices }: CallGraph): string[] {
  const warnings = notices.map((notice) => paint(screen, 'warn', `! ${notice}`));
  if (edges.length === 0)
    return [
      ...warnings,
      'no calls are known: no client, mesh or trace metrics, no addresses in the environment, nothing under catalogue.calls',
    ];
  const callees = Map.groupBy(edges, (edge) => edge.from);
  const called = new Set(edges.map((edge) => edge.to));
  const roots = nodes.map(({ id }) => id).filter((id) => !called.has(id));
  const drawn = new Set<string>();
  const lines: string[] = [];

  function draw(id: string, prefix: string, depth: number): void {
    const calls = callees.get(id) ?? [];
    if (drawn.has(id) && calls.length > 0) {
      lines.push(`${prefix}${paint(screen, 'dim', '... as above')}`);
      return;
    }
    drawn.add(id);
    if (depth >= MAX_DEPTH) return;
    for (const [index, edge] of calls.entries()) {
      const last = index === calls.length - 1;
      lines.push(`${prefix}${last ? '└─' : '├─'} ${edge.to}  ${paint(screen, 'dim', marksOf(edge))}`);
      if (callees.has(edge.to)) draw(edge.to, `${prefix}${last ? '   ' : '│  '}`, depth + 1);
    }
  }

  // Of a circle that nobody enters, the first member is as good a beginning as any.
  for (const id of [...roots, ...callees.keys()]) {
    if (drawn.has(id)) continue;
    lines.push(paint(screen, 'strong', id));
    draw(id, '', 0);
  }
  return [
    `${nodes.length} nodes, ${edges.length} calls, at ${moment(at)}`,
    ...warnings,
    '',
    ...lines,
    '',
    ...table(
      screen,
      ['from', 'to', 'kind', 'now', 'an hour ago', 'known from'],
      edges.map((edge) => [
        edge.from,
        edge.to,
        edge.kind,
        edge.live ? 'yes' : 'no',
        edge.hourAgo === null ? '?' : edge.hourAgo ? 'yes' : 'no',
        edge.sources.join(', '),
      ]),
    ),
  ];
}

function marksOf({ kind, live, hourAgo, sources }: CallEdge): string {
  const age = live && hourAgo === false ? ['new'] : !live && hourAgo === true ? ['gone'] : live ? [] : ['configured'];
  return `(${[kind, ...age, ...sources].join(', ')})`;
}

/** The same for `dot -Tsvg`. Names come from the cluster: they are quoted, and nothing of them is syntax. */
export function dotOf({ nodes, edges }: CallGraph): string[] {
  const quoted = (text: string) => `"${text.replace(/[\\"]/g, '\\$&')}"`;
  const shapes = { workload: 'box', database: 'cylinder', queue: 'cds', external: 'ellipse' } as const;
  return [
    'digraph calls {',
    '  rankdir=LR;',
    ...nodes.map(({ id, kind, name }) => `  ${quoted(id)} [shape=${shapes[kind]}, label=${quoted(name)}];`),
    ...edges.map(
      ({ from, to, kind, live }) =>
        `  ${quoted(from)} -> ${quoted(to)} [label=${quoted(kind)}${live ? '' : ', style=dashed'}];`,
    ),
    '}',
  ];
}
