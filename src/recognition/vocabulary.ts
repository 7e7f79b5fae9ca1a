import type { AlertClass } from '../domain/alert-class.ts';

/**
 * What words say about the kind of trouble, in names of metrics, labels and sentences alike. `sure`: hardly ever means anything else. `likely`:
 * usually. `hint`: only beside others. Phrases are separated by commas; the longest one that fits is taken, and its words count once.
 * Words are compared by their stem, so that "expire", "expires" and "expiring" are one.
 */
export const VOCABULARY: Readonly<Record<AlertClass, { sure?: string; likely?: string; hint?: string }>> = {
  latency: {
    sure: `latency, latencies, response time, request duration, request time, response duration, query duration, query time, query latency, slow query,
      slow queries, slow request, slow log, slowlog, slow response, round trip, rtt, time to first byte, ttfb, time to first token, too slow, slow,
      slower, slowly, slowness, processing time, request latency, taking too long, handling seconds, service time, scheduling latency,
      disk latency, commit latency, apply latency, evaluation latency, duration high, fsync duration, commit duration, wait time, await`,
    likely:
      'duration, delay, delayed, too long, percentile, quantile, long running, long request, lookup time, elapsed, responsiveness',
    hint: 'second, millisecond, wait, hung',
  },
  errors: {
    sure: `error rate, error ratio, errors rate, error percentage, failure rate, failure ratio, failure percentage, failed requests, request failure,
      request error, failing requests, http error, http errors, server error, server errors, dead letter, dead letter queue, dead letters, dead lettered, dead message, exceptions,
      exception, error budget, burn rate, burning, rejected, rejects, rejection, dead lock, deadlock, circuit breaker, circuit open,
      unroutable, nack, bad gateway, internal error, api error, 5 xx, 4 xx, 5xx, 4xx, xx, 500, 502, 503, 504, success rate,
      failed operations, rollbacks, failed calls, transaction aborted, query error, write error, errors total, refused, throttled requests`,
    likely: `error, err, fail, failed, failing, fails, failure, dropped, drop, discarded, discard, aborted, abort, timeout, timed out, time out, unsuccessful,
      fault, denied, conflict, terminated, undelivered, expired messages, ignored, skipped, overflow, cancelled, canceled, lost messages, retries exhausted, panic`,
    hint: 'issue, problem, invalid, retry, retries, bad, cannot, unable, broken, loss, lost',
  },
  traffic: {
    sure: `traffic, request rate, requests per second, throughput, rps, qps, request surge, surge, no requests, no traffic, request imbalance, load imbalance,
      unbalanced, imbalance, low request, high request rate, query rate, spike in requests, hit rate drop, request drop, indexing rate, ingestion rate, new documents, too many requests per second, requests sum`,
    likely: 'invocations, number of requests, operations per second, hits, visits, page views',
    hint: 'request, queries, surge, spike',
  },
  cpu: {
    sure: `cpu, cpus, processor, cpu throttling, cfs throttled, throttled periods, cpu steal, steal, load average, load 1, load 5, load 15, event loop, event loop lag, vcore, vcores, vcpu,
      context switch, context switches, context switching, run queue, iowait, io wait, cpu load, cpu pressure, cpu usage, cpu utilization, cpuutilization, cpuusage, cores, gpu utilization, core utilization`,
    likely: 'load, utilization, compute, scheduler latency, core',
    hint: 'busy, usage',
  },
  memory: {
    sure: `memory, mem, heap, swap, oom, out of memory, oom kill, oom killed, oomkilled, oom killer, garbage collection, garbage collector, gc, rss, ram, evicted keys, key eviction, keys evicted,
      memory pressure, memory usage, memory leak, hugepage, working set, page faults, pgmajfault, buffer pool, non heap, old gen, memstat, metaspace, memory fragmentation, fragmentation ratio, mem usage, allocatedmb`,
    likely: 'leak, eviction, evictions, evicted, fragmentation, buffers, cache usage',
    hint: 'usage, allocation',
  },
  disk: {
    sure: `disk, disk space, disk usage, disk full, disk io, disk pressure, storage space, filesystem, file system, fs, inode, inodes, volume, persistent volume, persistentvolume, persistentvolumeclaim, pvc, tablespace,
      out of disk, out of space, no space, free space, space left, disk quota, datastore, data store usage, storage usage, storage full, log space, filling up, almost full, near full, nearfull, backfillfull, full,
      iops, io time, io saturation, disk utilization, disk watermark, low watermark, high watermark, flood stage, backend quota, database size, db size, read only filesystem, storage capacity, pool out of space, mountpoint, blob storage size, disk queue, file count, osd full`,
    likely:
      'storage, space, io, bytes used, capacity bytes, size bytes, bucket size, segment count, wal size, log size, table size, bloat',
    hint: 'write, read, file, size, fill, free',
  },
  connections: {
    sure: `connection, connections, connection pool, pool exhausted, pool exhaustion, max connections, too many connections, session, sessions, socket, sockets, file descriptor, file descriptors, filefd, open fds,
      max fds, fd, fds, open files, open file, sockstat, sockets used, thread pool, threadpool, worker threads, busy workers, busy workers threads, workers busy, too many clients, client connections, connected clients, concurrent connections, number of connections,
      connection limit, session limit, clients, cl waiting, threads connected, ephemeral port, port exhaustion, process limit, pids, max clients, maxclients, php fpm max children, max children, active sessions, time wait, connection count`,
    likely:
      'goroutine, goroutines, threads, thread, channel, channels, subscription, subscriptions, scoreboard, workers, pool, slots, worker, handles, client, consumer count high',
    hint: 'concurrent, active, open',
  },
  backlog: {
    sure: `lag, lagging, consumer lag, consumer group lag, consumergroup lag, backlog, queue, queues, queue depth, queue length, queue size, queue full, queueing, queued, work queue, workqueue depth, pending, pending tasks, pending compaction, pending compactions,
      unacked, unacknowledged, messages ready, messages visible, ready messages, unprocessed, outstanding requests, behind, falling behind, fall behind, backing up, relocating shards, initializing shards, oldest message, message age, head of line, compaction behind, uncompacted,
      write stall, wal segments, wal behind, flush pending, memtable flush, replication slot, replication slots, replication slot lag, waiting tasks, stuck, stuck tasks, blocked tasks, in flight requests, inflight, jobs waiting, unconsumed, slow consumer, slow consumers, pending bytes, pending writes,
      too many parts, mutations, blocked evals, waiting jobs, in progress too long, backpressure, back pressure, deferred, undelivered messages, waiting for processing, oldest, zombie, outstanding, waiting pods, undistributed, hints, total hints, totalhints, dead tuples, dead tup, currentlyblockedtasks, pendingtasks, blocked threads`,
    likely:
      'compaction, compactions, waiting, blocked, unsynced messages, depth, accumulate, accumulating, age, messages, not processed, unflushed, awaiting, stall, stalled, long waiting',
    hint: 'wait, long, growing, increasing, message',
  },
  crash: {
    sure: `restart, restarts, restarted, restarting, crash, crashed, crashing, crash loop, crash looping, crashloop, crashlooping, crash loop back off, crashloopbackoff, flapping, flap, flaps, killed, segfault, core dump, start time, uptime, up time,
      unexpected exit, reboot, rebooted, rebooting, keeps restarting, too many restarts, restart count, boot time, respawn, fatal signal, unclean shutdown, exited unexpectedly`,
    likely: 'kill, exited, panic, fatal, terminated unexpectedly, loop',
    hint: 'unstable, unexpectedly',
  },
  unavailable: {
    sure: `down, offline, off line, unreachable, not ready, notready, unready, unavailable, not available, unhealthy, not healthy, dead, disappeared, disappear, no leader, no master, no primary, has no leader, lost leader, quorum, quorate, no quorum, not running, health check, healthcheck, has gone,
      no live, is down, not online, disconnected, missing member, missing nodes, missing pods, missing instance, missing broker, missing backend, outage, not responding, unresponsive, failed over, healthy backends, no backends, no healthy, backup servers, backend down, server down, out of service, not reachable,
      no active, node missing, target missing, target down, all down, instances down, absent, non ready, non running state, inactive, not active, cluster status, cluster health, cluster state, sealed, failed state, service failed, vanished, no available, unschedulable, cordoned, not enough healthy, lost connection, offline nodes, failed peers, not connected, degraded service`,
    likely:
      'up, alive, online, health, healthy, missing, probe, unknown state, lost, availability, available, ready, reachable, unknown, leader election, no, less than, brokers, members, heartbeat, heartbeats, fewer',
    hint: 'status, state, leader, replica, replicas, node, member, phase, degraded, insufficient, exist, down for',
  },
  rollout: {
    sure: `rollout, rolled out, not rolled out, rollback, rolled back, deployment stuck, generation mismatch, observed generation, version mismatch, version skew, different versions, versions running, semantic versions, image pull, imagepullbackoff, err image pull, errimagepull, misscheduled, mis scheduled,
      out of date, update stuck, upgrade, upgrading, revision, updated replicas, progress deadline, progressing, not progressing, replicas mismatch, desired replicas, replicaset, reconciliation, reconcile, reconciling, reconciled, out of sync application, sync status, helm release, kustomization, canary, drift, kernel version, build version, pending update, git version, mixed versions, replicas unavailable`,
    likely: 'deployment, update, updated, version, versions, deploy, release, mismatched, daemonset, statefulset',
    hint: 'desired, mismatch, expected number, scheduled',
  },
  consistency: {
    sure: `replication, replication lag, replication delay, replica lag, replicas lagging, replication broken, replication error, replication stopped, replication failed, replication failures, slave, slave lag, standby lag, behind master, seconds behind, split brain, splitbrain, inconsistent, inconsistency, inconsistencies, inconsistents, data loss, lost data, lost blocks, missing blocks, checksum,
      integrity, corrupt, corrupted, corruption, corrupt blocks, desync, desynchronized, not synced, not in sync, out of sync, unsynced, unsynchronized, not synchronising, not synchronized, in sync replica, in sync replicas, insync, isr, under replicated, underreplicated, under replicated partitions, diverge, diverged, divergence, clock, clock skew, clock drift, clock offset, clock synchronization, clock synchronising,
      ntp, timex, chrony, time offset, time drift, time sync, time synchronization, stale replica, stale replicas, replicated data, unassigned shards, offline partitions, replica set, replica stale, sync failed, failed syncs, oplog, oplog window, primaries, multiple masters, two masters, multiple leaders, more than one leader, wsrep, galera, cluster partition, partitioned, data inconsistency, repair, members inconsistent, quorum mismatch, different configurations, duplicate, singleton, not up to date, pg inconsistent`,
    likely: 'sync, synced, stale, skew, mismatch, divergent, conflicts, standby, offset, shard, shards, out of order',
    hint: 'replica, replicas, different, replicated',
  },
  certificate: {
    sure: `certificate, certificates, cert, certs, tls, ssl, x 509, x509, expiry, expiration, expire, expires, expired, expiring, licence, license, licenses, ocsp, crl, credential, credentials, not after, notafter, not before, acme, certmanager, cert manager, key expiry, domain expiry, domain expiration, whois, token expiry,
      client certificate, renewal, renew, issuer, ca expiry, lease expiry, infos expiration, signing key`,
    likely: 'token, tokens, secret, key, keys, trust, jwt',
    hint: 'valid, revoked',
  },
  job: {
    sure: `job, jobs, cron, cronjob, cron job, backup, backups, backed up, snapshot, snapshots, pipeline, pipelines, build, builds, task failed, task failures, scheduled task, batch job, last success, last successful, last run, last backup, last completed, etl, dag, dag run, workflow, workflows, restore, not run, has not run, never run, never ran, job failed,
      failed jobs, job failure, failing jobs, autovacuum, vacuum, analyze, mapreduce, map reduce, restic, velero, borg, borgmatic, pgbackrest, wal archive, archiver, archive, schedule missed, not completed in time, completion, execution failed, runner, runners, crawl, sync job, pull request build, last upload, not uploaded, scan failed, dump`,
    likely:
      'task, tasks, run, runs, scheduled, schedule, execution, executions, batch, maintenance, import, export job, action',
    hint: 'failed, completed, late, interval',
  },
  config: {
    sure: `config, configs, configuration, configurations, reload, reloads, config reload, reload failure, reload failed, last reload, misconfigured, misconfiguration, bad config, setting, settings, deprecated, deprecation, disabled, suspended, suspend, not enabled, invalid configuration, configuration error, unsupported, misconfig, config hash, obsolete,
      config last reload, not configured, feature gate, parameter, insecure setting, dry run, config error, read only mode, readonly mode, maintenance mode, debug mode, plugins need update, plugin update, default password`,
    likely: 'outdated, missing setting, policy missing, enabled, mode, selector, hashring file, admin',
    hint: 'should, recommended, invalid, risky',
  },
  hardware: {
    sure: `temperature, temp, celsius, overheating, thermal, fan, fans, power supply, psu, voltage, watts, power consumption, power, raid, raid array, md disk, md disks, ecc, edac, uncorrectable, smart, smart status, nvme, hardware, ups, battery, chassis, sensor, sensors, reallocated, reallocated sectors, sector, sectors, pending sector, physical disk, disk drive, disk failure, disk failed, failed disk,
      drive failed, drive, drives, media errors, wear, percentage used, available spare, xid, nvlink, array degraded, array, bbu, controller status, machine check, correctable errors, memory errors, dimm, ipmi, idrac, current amperes, humidity, disk health, optical, transceiver, laser, bus errors, pcie, infiniband, zpool state, pool health, degraded array, volume failure, volume failures, physical, overload ups, on battery, line voltage, unsafe shutdown, smartctl`,
    likely: 'device, controller, degraded, port down, link down, spare, link speed, gpu, critical warning',
    hint: 'enclosure, slot',
  },
  network: {
    sure: `network, networks, packet, packets, packet loss, packets dropped, dns, dns failures, dns lookup, nxdomain, servfail, coredns, interface, interfaces, nic, bandwidth, bandwidth usage, conntrack, nf conntrack, retransmit, retransmits, retransmission, retrans, network unavailable, network errors, receive errs, transmit errs, receive drop, transmit drop, icmp, ping, link, bond, bonding, bgp, bgp peer, ospf, route, routes, octets,
      mtu, carrier, vpn, tunnel, wireguard, handshake, udp, tcp errors, listen overflows, syn, ip addresses exhausted, network throughput, network receive, network transmit, unicast, nat gateway, egress, ingress bytes, bits per second, arp, gateway unreachable, ping loss, unreachable nodes, unreachable health endpoints, endpoint unreachable, network policy, subnet, vlan, wifi, snmp interface, resolver, nameserver, name resolution`,
    likely: 'ip, peer, transmit, receive, bytes sent, bytes received, port, inbound, outbound, forward requests',
    hint: 'hop, net, node unreachable',
  },
  security: {
    sure: `security, vulnerability, vulnerabilities, cve, unauthorized, unauthorised, intrusion, attack, attacks, brute force, waf, policy violation, policy denied, policy violations, violation, violations, audit, malware, failed login, login failures, login failed, failed logins, authentication failed, authentication failure, authentication failures, authentication errors, auth failures, access denied, permission denied, privilege, privileged, ddos,
      banned, bans, fail 2 ban, threat, falco, suspicious, root login, unexpected ssh, exploit, infected, quarantine, secret leaked, blocked requests, spoof, forbidden, policy drop, drop policy denied, crowdsec, trivy`,
    likely: 'auth, authentication, login, permission, access, authorization, ssh, compliance',
    hint: 'denied, untrusted, user',
  },
  capacity: {
    sure: `quota, quotas, resourcequota, overcommit, overcommitted, over committed, max replicas, maxed out, at its maximum, autoscaler, horizontalpodautoscaler, hpa, limit reached, exceeded limit, limits exceeded, rate limit, rate limited, rate limiting, ratelimit, throttling, throttled, throttle, cardinality, too many series, too many pods, pod capacity, allocatable, headroom, running at capacity, capacity reached,
      too few nodes, tolerate, scale up, unable to scale, scaling limited, unneeded nodes, cannot schedule, insufficient resources, service limit, api limit, region count, shard limit, max shards, total shards, ip exhaustion, license limit, pending pods capacity, allocated vcores, series limit, too many metrics, resource request, requests cpu, near limit, approaching limit, maximum number, overload, overloaded, shards max, cluster resources, capacity planning, accounts exceeded, ipam`,
    likely:
      'capacity, limit, limits, exceeded, exceed, maximum, max, exhausted, exhaustion, allocated, scale, scaling, entities, saturated, saturation, reserve',
    hint: 'high number, too many, count, number of',
  },
  telemetry: {
    sure: `scrape, scrapes, scrape error, scraping, scraped, exporter, exporters, remote write, remote storage, remote read, rule evaluation, rule evaluations, rule group, rule groups, evaluation failures, recording rule, missing metrics, metrics missing, no metrics, no data, samples, sample, telemetry, log shipping, alert delivery, alert notification, notifications, notification,
      sending alerts, send alerts, alerts dropped, alert queue, tsdb head, spans, span, span batches, traces, trace, tracing, collector, collectors, service discovery, sd refresh, textfile, pushgateway, metric names, metrics generator, ingester, ingesters, ingest logs, log entries dropped, log lines, dropped logs, vector component,
      out of order timestamps, duplicate timestamps, duplicate sample, kube state metrics, blackbox exporter, observability, querier, unable to collect metrics, metrics server, query frontend, store gateway, watch errors, ruler, target scrapes, label limits, body size limit, block upload, meta monitoring, log forwarding, relabel, dead mans switch`,
    likely:
      'metrics, metric, rules, rule, logs, log entries, target, targets, evaluation, evaluations, distributor, receiver, timestamps, notify, webhook',
    hint: `log, alert, alerts, monitoring, series, block, data, alertmanager, prometheus, tsdb, promtail, fluentd, fluentbit, fluent bit, otelcol, logstash, filebeat, cortex, mimir, thanos, loki, tempo,
      jaeger, agent`,
  },
  informational: {
    sure: `watchdog, inhibitor, inhibit, cost saving, minimum replicas, info inhibitor, informational, always firing, always fire, dead man, deadman, dead man switch, cost, costs, billing, spend, budget exceeded cost, underutilized, under utilized, unused, idle, e 2 e dead man, entire alerting pipeline is functional, business, revenue, orders per, new version available, update available, oversized, constantly at minimum, donation, sales`,
    likely: 'notice, info, empty, reminder',
    hint: 'test, low usage',
  },
};

export const WEIGHTS = { sure: 4, likely: 2, hint: 0.7 } as const;
