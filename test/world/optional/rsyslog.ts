import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ServerProcess } from '../server-process.ts';
import type { OptionalContext } from './context.ts';

/** Index into which the shop's log goes. */
export const LOG_INDEX = 'shop-logs';

/** An Elasticsearch, or whatever else takes its `_bulk`. */
export interface BulkTarget {
  readonly url: string;
  readonly basic?: { readonly username: string; readonly password: string };
}

/** Ships what the containers write to a `_bulk` endpoint, as a node agent does. */
export async function startRsyslog(context: OptionalContext, program: string, target: BulkTarget): Promise<void> {
  const folder = join(context.folder, 'rsyslog');
  await mkdir(folder, { recursive: true });
  const configFile = join(folder, 'rsyslog.conf');
  await writeFile(configFile, rsyslogConfig({ folder, podsFolder: join(context.folder, 'pods'), target }));
  const args = ['-n', '-f', configFile, '-i', join(folder, 'pid')];
  const server = ServerProcess.start(
    { name: 'rsyslog', command: program, args, logFolder: context.logFolder },
    context.clock,
    context.onDeath,
  );
  context.stops.add('rsyslog', () => server.stop());
}

export interface ShipperOptions {
  readonly folder: string;
  /** Holds NAMESPACE_POD_UID/CONTAINER/RUN.log. */
  readonly podsFolder: string;
  readonly target: BulkTarget;
}

/** Lines that are JSON are taken apart, so that their fields are fields; others become the message. Both say which pod wrote them. */
export function rsyslogConfig({ folder, podsFolder, target }: ShipperOptions): string {
  const { hostname, port, protocol } = new URL(target.url);
  const { basic } = target;
  const placeOf = (field: number) =>
    `re_extract($!metadata!filename, "/pods/([^_/]+)_([^_/]+)_[^/]+/([^/]+)/", 0, ${field}, "unknown")`;
  const output = (template: string) =>
    `action(type="omelasticsearch" server="${hostname}" serverport="${port || '9200'}" usehttps="${protocol === 'https:' ? 'on' : 'off'}" ` +
    (basic === undefined ? '' : `uid="${basic.username}" pwd="${basic.password}" `) +
    `searchIndex="${LOG_INDEX}" searchType="" bulkmode="on" template="${template}" errorfile="${join(folder, 'refused.log')}" ` +
    // What the endpoint does not take is kept and tried again, without end.
    `action.resumeRetryCount="-1" action.resumeInterval="2" queue.type="linkedList" queue.size="20000" queue.dequeueBatchSize="200")`;
  return `global(workDirectory="${folder}" maxMessageSize="64k" processInternalMessages="on")
module(load="imfile" mode="inotify")
module(load="mmjsonparse")
module(load="omelasticsearch")

template(name="parsed" type="string" string="%$!all-json%")
template(name="plain" type="list") {
  constant(value="{\\"@timestamp\\":\\"")
  property(name="timegenerated" dateFormat="rfc3339" date.inUTC="on")
  constant(value="\\",")
  property(name="$!kubernetes" format="jsonf" outname="kubernetes")
  constant(value=",")
  property(name="msg" format="jsonf" outname="message")
  constant(value="}")
}

ruleset(name="ship") {
  set $.namespace = ${placeOf(1)};
  set $.pod = ${placeOf(2)};
  set $.container = ${placeOf(3)};
  unset $!metadata;
  action(type="mmjsonparse" cookie="")
  set $!kubernetes!namespace = $.namespace;
  set $!kubernetes!pod!name = $.pod;
  set $!kubernetes!container!name = $.container;
  if $parsesuccess == "OK" then {
    ${output('parsed')}
  } else {
    ${output('plain')}
  }
}

input(type="imfile" file="${podsFolder}/*/*/*.log" tag="pod" addMetadata="on" ruleset="ship" freshStartTail="off")
`;
}
