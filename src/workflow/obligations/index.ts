import type { Duties } from '../scene.ts';
import { investigate, writeNarrative } from './advice.ts';
import { deliverNotification, resolveNotification } from './notification.ts';
import { recurrenceWatch } from './recurrence-watch.ts';
import { returning } from './return.ts';

/** What Hale owes, and how each is met. */
export const DUTIES: Duties = {
  return: returning,
  'recurrence-watch': recurrenceWatch,
  'deliver-notification': deliverNotification,
  'resolve-notification': resolveNotification,
  'write-narrative': writeNarrative,
  investigate,
};
