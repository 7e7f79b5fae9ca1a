import type { Gate } from '../plugin/gate.ts';
import { durationText, missing, passed } from './verdicts.ts';

export const cooldownGate: Gate = {
  id: 'cooldown',
  summary: 'The same workload was acted upon a moment ago.',
  appliesTo: ['forward'],
  decide(_plan, { now, cooldown }) {
    if (!cooldown.known) return missing(cooldown);
    const { lastActionAt, cooldownMs } = cooldown.value;
    if (lastActionAt === null) return passed({ value: 'never acted upon', limit: durationText(cooldownMs) });
    const told = { value: `${durationText(now - lastActionAt)} ago`, limit: durationText(cooldownMs) };
    const endsAt = lastActionAt + cooldownMs;
    if (now >= endsAt) return passed(told);
    return { verdict: 'hold', until: endsAt, reason: 'cooldown', ...told, unblockedBy: 'the end of the cooldown' };
  },
};
