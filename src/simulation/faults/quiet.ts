import type { Fault } from './fault.ts';
import { QUIET_INFLUENCE } from './fault.ts';

export const quiet: Fault = {
  id: 'quiet',
  description: 'Nothing is wrong.',
  influence: () => QUIET_INFLUENCE,
};
