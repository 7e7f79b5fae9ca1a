import { setTimeout as sleep } from 'node:timers/promises';
import { barChart } from '../../cli/chart.ts';
import { renderGates } from '../../cli/render-gates.ts';
import { clockTime, paint, wrap } from '../../cli/text.ts';
import type { AuditEvent } from '../../domain/audit-event.ts';
import { currentPlan, type Incident } from '../../domain/incident.ts';
import type { Simulation } from '../../simulation/simulation.ts';
import type { App } from '../create-app.ts';
import type { DemoTerminal } from './index.ts';

export interface Story {
  readonly app: App;
  readonly simulation: Simulation;
  readonly terminal: DemoTerminal;
  readonly startedAt: number;
  readonly now: () => number;
}

const LOOK_EVERY_MS = 100;
/** A story that has not ended by then is told as it stands. */
const LONGEST_MS = 25 * 60_000;
/** Each n-th reading of users is told. */
const READINGS_TOLD = 3;
/** A story is over when its leading incident is in one of these. */
const ENDS: ReadonlySet<Incident['phase']> = new Set(['resolved', 'self-resolved', 'escalated', 'watching', 'closed']);

/** Follows the incidents that open from now on and tells what happens, until they are over. True when one healed or was rightly refused. */
export async function narrate(story: Story): Promise<boolean> {
  const teller = createTeller(story);
  const until = story.startedAt + LONGEST_MS;
  while (story.now() < until) {
    await sleep(LOOK_EVERY_MS);
    const incidents = (await story.app.store.incidents({ openedSince: story.startedAt, limit: 20 })).toReversed();
    for (const incident of incidents) await teller.tell(incident);
    const leaders = incidents.filter(({ phase }) => phase !== 'following');
    if (leaders.length > 0 && leaders.every(({ phase }) => ENDS.has(phase))) {
      teller.end(leaders);
      return leaders.some(({ phase }) => phase !== 'closed');
    }
  }
  return false;
}

function createTeller({ app, simulation, terminal, startedAt, now }: Story) {
  const { screen, out } = terminal;
  const told = new Map<string, number>();
  const names = new Map<string, string>();
  let number = 0;
  let readings = 0;
  let actedAt: number | null = null;
  let alertedAt: number | null = null;

  function line(at: number, text: string): void {
    const [first = '', ...more] = wrap(text, screen.width - 10);
    out(`${paint(screen, 'dim', clockTime(at))}  ${first}\n${more.map((part) => `          ${part}\n`).join('')}`);
  }

  function nameOf(incident: Incident): string {
    const known = names.get(incident.id);
    if (known !== undefined) return known;
    const name = String.fromCharCode(65 + names.size);
    names.set(incident.id, name);
    alertedAt ??= incident.openedAt;
    line(
      incident.openedAt,
      paint(screen, 'bad', `ALERT ${incident.title}  [incident ${name}, ${incident.id.slice(0, 8)}]`),
    );
    return name;
  }

  function tellEvent(name: string, incident: Incident, event: AuditEvent): void {
    const say = (text: string): void => line(event.at, `${name}   ${text}`);
    switch (event.kind) {
      case 'phase-entered': {
        number += 1;
        const [, phase = event.text] = /-> (.*)$/.exec(event.text) ?? [];
        line(event.at, `${name} ${paint(screen, 'strong', `${number}. ${phase}`)}`);
        return;
      }
      case 'finding-recorded':
        return say(`found by ${event.text}`);
      case 'cause-named':
        return say(paint(screen, 'warn', `cause: ${event.text}`));
      case 'plan-proposed':
        return say(`plan: ${event.text}; blast radius: ${currentPlan(incident)?.preview.blastRadius ?? ''}`);
      case 'gates-passed':
        for (const row of renderGates({ ...screen, width: screen.width - 14 }, incident.verdicts))
          out(`              ${row}\n`);
        return say(event.text);
      case 'gate-held':
      case 'gate-denied':
        return say(paint(screen, 'bad', event.text));
      case 'intent-settled':
        actedAt ??= event.at;
        return say(paint(screen, 'good', `CHANGE ${event.text}`));
      case 'verification-read':
        readings += 1;
        return readings % READINGS_TOLD === 1 ? say(event.text) : undefined;
      case 'verification-ended':
        return say(paint(screen, 'good', event.text));
      case 'incident-opened':
      case 'approval-requested':
      case 'approval-given':
      case 'approval-refused':
      case 'attempts-exhausted':
      case 'autonomy-lowered':
      case 'freeze-changed':
      case 'model-asked':
      case 'intent-committed':
      case 'notification-failed':
      case 'notification-sent':
      case 'obligation-created':
      case 'obligation-ended':
      case 'plan-voided':
      case 'remediation-declined':
      case 'action-withheld':
        return say(event.text);
    }
  }

  return {
    async tell(incident: Incident): Promise<void> {
      const name = nameOf(incident);
      const events = await app.store.audit({ incidentId: incident.id, limit: 1_000 });
      const seen = told.get(incident.id) ?? 0;
      // The incident is read again, so that what is told beside an event is as new as the event.
      const fresh = events.length > seen ? ((await app.store.incident(incident.id)) ?? incident) : incident;
      for (const event of events.slice(seen)) tellEvent(name, fresh, event);
      told.set(incident.id, events.length);
    },
    end(leaders: readonly Incident[]): void {
      out(`\n${paint(screen, 'strong', 'users: p99 of their requests')} (! alert, A action)\n`);
      const points = simulation.users().history.filter(({ atMs }) => atMs >= startedAt - 120_000);
      const marks = [
        { at: alertedAt, sign: '!' },
        { at: actedAt, sign: 'A' },
      ].flatMap(({ at, sign }) => (at === null ? [] : [{ at, sign }]));
      const chart = barChart(
        points.map(({ atMs, p99Ms }) => ({ at: atMs, value: p99Ms })),
        { width: Math.min(72, screen.width - 12), height: 8, format: (ms) => `${Math.round(ms)} ms`, marks },
      );
      out(`${chart.join('\n')}\n`);
      const { p99Ms, errorRate } = simulation.users();
      out(`now ${Math.round(p99Ms)} ms, ${(errorRate * 100).toFixed(1)} % errors, ${clockTime(now())}\n\n`);
      for (const incident of leaders) {
        for (const text of wrap(
          `${names.get(incident.id)} ended ${incident.phase}: ${incident.outcome ?? ''}`,
          screen.width,
        ))
          out(`${text}\n`);
      }
    },
  };
}
