import type { OptionalPartName, OptionalParts } from '../parts-list.ts';
import { startBlackboxExporter } from './blackbox-exporter.ts';
import type { OptionalContext } from './context.ts';
import { type Elasticsearch, startElasticsearch } from './elasticsearch.ts';
import { type Gitea, startGitea } from './gitea.ts';
import { type Redis, startRedis } from './redis.ts';
import { startRsyslog } from './rsyslog.ts';

/** The optional parts that run; undefined are those that nobody asked for. */
export interface OptionalServers {
  readonly redis?: Redis;
  readonly elasticsearch?: Elasticsearch;
  readonly gitea?: Gitea;
}

/** Starts those whose programs are given, each ready when this returns; rsyslog only where there is an Elasticsearch to ship to. */
export async function startOptionalParts(context: OptionalContext, parts: OptionalParts): Promise<OptionalServers> {
  const { progress } = context;
  async function ready<T>(name: OptionalPartName, started: Promise<T>): Promise<T> {
    const server = await started;
    progress.say(`${name} is ready`);
    return server;
  }
  const started = await Promise.allSettled([
    parts.redis && ready('redis', startRedis(context, parts.redis)),
    parts.elasticsearch && ready('elasticsearch', startElasticsearch(context, parts.elasticsearch.elasticsearch)),
    parts.gitea && ready('gitea', startGitea(context, parts.gitea.gitea)),
    parts['blackbox-exporter'] &&
      ready('blackbox-exporter', startBlackboxExporter(context, parts['blackbox-exporter']['blackbox-exporter'])),
  ]);
  // All are over, well or badly, before the first error is told: nothing may still be starting when the stop begins.
  for (const it of started) if (it.status === 'rejected') throw it.reason;
  const [redis, elasticsearch, gitea] = started.map((it) => (it.status === 'fulfilled' ? it.value : undefined)) as [
    Redis | undefined,
    Elasticsearch | undefined,
    Gitea | undefined,
  ];
  if (parts.rsyslog && elasticsearch) {
    await ready('rsyslog', startRsyslog(context, parts.rsyslog.rsyslogd, elasticsearch));
  }
  return { ...(redis ? { redis } : {}), ...(elasticsearch ? { elasticsearch } : {}), ...(gitea ? { gitea } : {}) };
}
