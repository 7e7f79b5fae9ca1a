import type { Matcher, MatchType } from '../tsdb/labels.ts';
import { createMatcher } from '../tsdb/labels.ts';

/** Reads `alertname="X"`, `pod=~web-.*`, `{a!="b"}`. Throws an Error that shows the text. */
export function parseMatcher(text: string): Matcher {
  const bare = text.trim().replace(/^\{(.*)\}$/s, '$1');
  const match = /^\s*"?([^\s=!~"]+)"?\s*(=~|!~|!=|=)\s*(?:"((?:[^"\\]|\\.)*)"|(.*?))\s*$/s.exec(bare);
  if (match === null) throw new Error(`bad matcher format: ${text}`);
  const [, name = '', type = '=', quoted, plain = ''] = match;
  const value =
    quoted === undefined
      ? plain
      : quoted.replaceAll(/\\(.)/gs, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped));
  try {
    return createMatcher(name, type as MatchType, value);
  } catch {
    throw new Error(`bad matcher format: ${text}`);
  }
}

export function printMatcher({ name, type, value }: Matcher): string {
  return `${name}${type}${JSON.stringify(value)}`;
}
