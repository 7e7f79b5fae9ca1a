import type { Daemon } from '../daemon.ts';
import { describeError } from '../errors.ts';
import type { Fault, Stage } from '../fault.ts';
import { createShopControl, shopOf } from '../shop-control.ts';
import { describeFeeling, feelingOf } from '../users.ts';

export const QUIET_RATE_PER_S = 20;
const WINDOW_MS = 10_000;

export interface Playground {
  readonly stage: Stage;
  readonly faults: readonly Fault[];
  readonly daemon: Daemon | undefined;
}

/** Obeys what is typed at the prompt, one line after the other; every answer is text for a person. */
export function createCommands({ stage, faults, daemon }: Playground) {
  let current: { readonly fault: Fault; readonly stage: Stage } | undefined;

  async function off(): Promise<string> {
    if (current === undefined) return 'no fault is on';
    const { fault, stage: its } = current;
    await fault.off(its);
    current = undefined;
    await stage.world.deploy(shopOf(undefined));
    stage.load.setRate(QUIET_RATE_PER_S);
    return `${fault.id} is off; the shop is as it was`;
  }

  async function on(id: string): Promise<string> {
    const fault = faults.find((it) => it.id === id);
    if (fault === undefined) return `there is no fault ${id || 'without a name'}; ${list()}`;
    const missing = (fault.needs ?? []).filter((name) => !stage.world.optionalParts.includes(name));
    if (missing.length > 0)
      return `${id} needs ${missing.join(', ')}: start the world with --with ${missing.join(',')}`;
    await off();
    // A control of its own: what one fault released must not come back with the next.
    const its = { ...stage, shop: createShopControl(stage.world, shopOf(fault.shop)) };
    current = { fault, stage: its };
    if (fault.shop) await stage.world.deploy(shopOf(fault.shop));
    stage.load.setRate(fault.quietRatePerS);
    await fault.before?.(its);
    await fault.on(its);
    return `${id} is on: ${fault.description}`;
  }

  function list(): string {
    return `faults: ${faults.map(({ id }) => id).join(', ')}`;
  }

  async function incidents(): Promise<string> {
    if (daemon === undefined) return 'Hale does not run in this world';
    const found = await daemon.incidents();
    const lines = found.map(
      ({ id, title, phase, outcome }) => `${id}  ${phase}  ${title}${outcome ? `: ${outcome}` : ''}`,
    );
    return lines.length === 0 ? 'no incidents' : lines.join('\n');
  }

  function rate(word: string): string {
    try {
      stage.load.setRate(Number(word));
      return `${word} requests a second`;
    } catch (error) {
      return describeError(error);
    }
  }

  const COMMANDS: Readonly<Record<string, (word: string) => Promise<string> | string>> = {
    on,
    off,
    faults: () => `${list()}${current ? `; on: ${current.fault.id}` : '; none is on'}`,
    rate,
    users: () => describeFeeling(feelingOf(stage.load, WINDOW_MS)),
    incidents,
    help: () => 'on FAULT, off, faults, rate N (requests a second), users, incidents, help; Ctrl-C ends the world',
  };

  return {
    async obey(line: string): Promise<string> {
      const [name = '', word = ''] = line.trim().split(/\s+/);
      if (name === '') return '';
      const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
      if (command === undefined) return `there is no "${name}"; ${await COMMANDS['help']?.('')}`;
      try {
        return await command(word);
      } catch (error) {
        return `${name}: ${describeError(error)}`;
      }
    },
    /** Whatever is still on is switched off, so that nothing of it outlives the world. */
    async end() {
      await current?.fault.off(current.stage);
    },
  };
}
