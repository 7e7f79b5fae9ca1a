import type { Notification, Obligation } from '../../domain/obligation.ts';
import type { NotificationChannel } from '../../ports/notification-channel.ts';
import type { Duty, DutyScene } from '../scene.ts';

/** Tries on the first channel before the second is taken as well. */
const FIRST_CHANNEL_TRIES = 3;
/** Tries in all before the Kubernetes Event; then on and on, both channels in turn, until the deadline. */
const EVENT_AFTER_TRIES = 6;
const DELIVERY_TIMEOUT_MS = 10_000;

/** Tells a person, and goes on until somebody's channel took it. */
export const deliverNotification: Duty = {
  does: 'delivers on the first channel, then the second, then as a Kubernetes Event; retries until the deadline',
  run: deliver,
};

/** The same for the end of what was told. */
export const resolveNotification: Duty = {
  does: 'tells the same channels that it is over',
  run: deliver,
};

async function deliver(obligation: Obligation, scene: DutyScene): Promise<Obligation> {
  if (obligation.duty.kind !== 'deliver-notification' && obligation.duty.kind !== 'resolve-notification')
    return obligation;
  const { duty } = obligation;
  const { notification } = duty.delivery;
  const { first, second } = scene.deps.channels;
  if (first === null && second === null) return withoutChannels(obligation, notification, scene);

  const useSecond =
    second !== null && (first === null || (obligation.attempts > FIRST_CHANNEL_TRIES && obligation.attempts % 2 === 0));
  const channel = useSecond ? second : (first ?? second);
  const error = channel === null ? 'no channel' : await tryChannel(channel, notification);
  const delivery = { ...duty.delivery, channel: useSecond ? ('second' as const) : ('first' as const) };
  if (error === null) {
    scene.deps.meter.notified(delivery.channel, true);
    scene.audit('notification-sent', `${notification.kind} to the ${delivery.channel} channel: ${notification.title}`, {
      channel: delivery.channel,
      kind: notification.kind,
    });
    return {
      ...obligation,
      status: 'done',
      outcome: `delivered on the ${delivery.channel} channel`,
      duty: { ...duty, delivery: { ...delivery, deliveredAt: scene.now, lastError: null } },
    };
  }
  scene.deps.meter.notified(delivery.channel, false);
  scene.audit('notification-failed', `${delivery.channel} channel: ${error}`, {
    channel: delivery.channel,
    attempt: obligation.attempts,
  });
  if (obligation.attempts === EVENT_AFTER_TRIES) await recordEvent(obligation, notification, scene);
  const failed: Obligation = { ...obligation, duty: { ...duty, delivery: { ...delivery, lastError: error } } };
  if (scene.now >= obligation.deadline) return { ...failed, status: 'failed', outcome: `nobody took it: ${error}` };
  return failed;
}

async function tryChannel(channel: NotificationChannel, notification: Notification): Promise<string | null> {
  try {
    await channel.deliver(notification, AbortSignal.timeout(DELIVERY_TIMEOUT_MS));
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** No channel is configured: the Event on the workload is what a person can find. */
async function withoutChannels(
  obligation: Obligation,
  notification: Notification,
  scene: DutyScene,
): Promise<Obligation> {
  await recordEvent(obligation, notification, scene);
  return {
    ...obligation,
    status: 'done',
    outcome: 'no channel is configured; recorded as a Kubernetes Event where there is a workload',
  };
}

async function recordEvent(obligation: Obligation, notification: Notification, scene: DutyScene): Promise<void> {
  const { subject } = obligation;
  if (subject === null) return;
  const note = [notification.title, ...notification.lines].join('\n').slice(0, 1_000);
  const type = notification.severity === 'info' ? 'Normal' : 'Warning';
  try {
    await scene.deps.writer.recordEvent(
      { subject, type, reason: 'HaleNotification', action: notification.kind, note },
      AbortSignal.timeout(DELIVERY_TIMEOUT_MS),
    );
    scene.deps.meter.notified('cluster-event', true);
    scene.audit('notification-sent', `recorded as an Event: ${notification.title}`, {
      channel: 'cluster-event',
      kind: notification.kind,
    });
  } catch (error) {
    // The Event is the last resort; the channels go on being tried.
    scene.deps.meter.notified('cluster-event', false);
    scene.deps.log.warn({ obligationId: obligation.id, err: error }, 'event could not be recorded');
  }
}
