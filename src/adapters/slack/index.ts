import type { Notification } from '../../domain/obligation.ts';
import type { NotificationChannel } from '../../ports/notification-channel.ts';
import { type DeliveryOptions, deliverJson } from '../http/delivery.ts';

export interface SlackChannelOptions extends DeliveryOptions {
  readonly name?: string;
}

// Limits of Slack's Block Kit reference: header 150 characters, section text 3,000, 50 blocks a message.
const MAX_HEADER = 150;
const MAX_SECTION = 3_000;
const MAX_SECTIONS = 8;

/** Posts to a Slack incoming webhook, or to what speaks the same (Mattermost, Rocket.Chat). */
export function createSlackChannel(options: SlackChannelOptions): NotificationChannel {
  const name = options.name ?? 'slack';
  return {
    name,
    async deliver(notification, signal) {
      await deliverJson(name, options, slackMessage(notification), signal);
    },
  };
}

/**
 * Titles and lines hold text from the cluster, which is hostile: blocks carry it as plain text, where nothing is a mention, a link or a format;
 * the fallback text has Slack's three control characters escaped.
 */
export function slackMessage(notification: Notification): { text: string; blocks: unknown[] } {
  const title = `[${notification.severity}] ${notification.title}`;
  const blocks: unknown[] = [{ type: 'header', text: plain(cut(title, MAX_HEADER)) }];
  for (const text of sections(notification.lines)) blocks.push({ type: 'section', text: plain(text) });
  const origin = notification.incidentId === null ? 'Hale' : `Hale, incident ${notification.incidentId}`;
  blocks.push({ type: 'context', elements: [plain(cut(`${origin}, ${notification.kind}`, MAX_SECTION))] });
  return { text: escapeControl(cut(title, MAX_SECTION)), blocks };
}

/** Lines joined into as few sections as fit; what does not fit is counted, so that nobody takes the message for complete. */
function sections(lines: readonly string[]): string[] {
  const filled: string[] = [];
  for (const [index, line] of lines.entries()) {
    const piece = cut(line, MAX_SECTION);
    const last = filled.at(-1);
    if (last !== undefined && last.length + 1 + piece.length <= MAX_SECTION) {
      filled[filled.length - 1] = `${last}\n${piece}`;
    } else if (filled.length < MAX_SECTIONS) {
      filled.push(piece);
    } else {
      filled.push(`... and ${lines.length - index} more lines; see \`hale show\``);
      break;
    }
  }
  return filled.filter((text) => text.trim() !== '');
}

function plain(text: string): { type: 'plain_text'; text: string; emoji: false } {
  return { type: 'plain_text', text, emoji: false };
}

function cut(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : `${text.slice(0, maxLength - 3)}...`;
}

function escapeControl(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
