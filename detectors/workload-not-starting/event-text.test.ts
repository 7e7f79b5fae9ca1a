import { describe, expect, it } from 'vitest';
import { commandProblem, missingObject, pullText, quotaIn, schedulingReasons, taintIn } from './event-text.ts';

describe('schedulingReasons', () => {
  it.each<[string, string, readonly string[]]>([
    [
      'memory',
      '0/3 nodes are available: 3 Insufficient memory. preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.',
      ['memory 3'],
    ],
    [
      'CPU, and the control plane',
      '0/3 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, 2 Insufficient cpu.',
      ['cpu 2', 'taint 1'],
    ],
    ['a cordoned node', '0/1 nodes are available: 1 node(s) were unschedulable.', ['cordoned 1']],
    ['labels', "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector.", ['node-affinity 2']],
    ['a zone', '0/2 nodes are available: 2 node(s) had volume node affinity conflict.', ['volume-zone 2']],
    ['anti-affinity', "0/2 nodes are available: 2 node(s) didn't match pod anti-affinity rules.", ['pod-affinity 2']],
    ['spread', "0/2 nodes are available: 2 node(s) didn't match pod topology spread constraints.", ['spread 2']],
    [
      'an unbound claim',
      '0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims.',
      ['claim-unbound null'],
    ],
    [
      'a claim that is missing',
      '0/1 nodes are available: persistentvolumeclaim "data" not found.',
      ['claim-missing null'],
    ],
    ['many pods', '0/1 nodes are available: 1 Too many pods.', ['too-many-pods 1']],
    [
      'a port',
      "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.",
      ['host-port 1'],
    ],
    ['a GPU', '0/1 nodes are available: 1 Insufficient nvidia.com/gpu.', ['other-resource 1']],
    ['something else', 'the moon is full', []],
  ])('%s', (_, message, expected) => {
    expect(schedulingReasons(message).map(({ reason, nodes }) => `${reason} ${nodes}`)).toEqual(expected);
  });

  it('takes linear time on hostile text', () => {
    const hostile = '0/3 nodes are available: 1 Insufficient '.repeat(20_000);

    expect(schedulingReasons(hostile).length).toBeLessThan(100);
  });
});

describe('names in messages', () => {
  it.each([
    ['configmap "orders-config" not found', { kind: 'configmap', name: 'orders-config', key: null }],
    ['secret "orders-db" not found', { kind: 'secret', name: 'orders-db', key: null }],
    [`couldn't find key URL in ConfigMap shop/orders-config`, { kind: 'configmap', name: 'orders-config', key: 'URL' }],
    [`couldn't find key password in Secret shop/orders-db`, { kind: 'secret', name: 'orders-db', key: 'password' }],
    [
      'MountVolume.SetUp failed for volume "c" : configmap "orders-files" not found',
      { kind: 'configmap', name: 'orders-files', key: null },
    ],
    ['configmap "x; rm -rf /" not found', null],
    ['secret "$(id)" not found', null],
  ])('%s', (message, expected) => {
    expect(missingObject(message)).toEqual(expected);
  });

  it('names quota and taint only as Kubernetes would accept them', () => {
    expect(quotaIn('pods "a" is forbidden: exceeded quota: small, requested: pods=1')).toBe('small');
    expect(quotaIn('exceeded quota: `id`')).toBeNull();
    expect(taintIn('had untolerated taint {dedicated: gpu}')).toEqual({ key: 'dedicated', value: 'gpu' });
    expect(taintIn('had untolerated taint {a b: $(id)}')).toBeNull();
    expect(taintIn('had untolerated taint {node.kubernetes.io/unschedulable: }')).toBeNull();
  });
});

describe('what registries and runtimes say', () => {
  it.each<[string, string | null, string | null]>([
    ['failed to resolve reference: manifest unknown', 'the registry has no such tag', null],
    [
      'pull access denied, repository does not exist',
      'the registry refuses the credentials, or has no such repository',
      null,
    ],
    ['dial tcp: lookup registry.example: no such host', 'the registry does not answer', null],
    ['toomanyrequests: You have reached your pull rate limit', 'the registry limits pulls', null],
    ['exec: "/bin/orders": stat /bin/orders: no such file or directory', null, 'its command is not in the image'],
    ['exec: "/app": permission denied', null, 'its command is not executable'],
  ])('%s', (message, pull, command) => {
    expect(pullText(message)).toBe(pull);
    expect(commandProblem(message)).toBe(command);
  });
});
