import { expect, test } from 'vitest';
import { findCgroupRoot } from './find.ts';

const V1 = [
  '25 24 0:22 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755',
  '26 25 0:23 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct',
  '27 25 0:24 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory',
  '28 25 0:25 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw',
].join('\n');

test('version 1: controllers by their mounts, below the own group', () => {
  expect(findCgroupRoot(V1, '4:memory:/job/7\n3:cpu,cpuacct:/\n0::/')).toEqual({
    version: 1,
    cpu: '/sys/fs/cgroup/cpu,cpuacct',
    cpuacct: '/sys/fs/cgroup/cpu,cpuacct',
    memory: '/sys/fs/cgroup/memory/job/7',
  });
});

test('inside a container only what lies below the mounted part is added', () => {
  const mounts = V1.replace('0:24 / /sys', '0:24 /docker/1 /sys');

  expect(findCgroupRoot(mounts, '4:memory:/docker/1/a')).toMatchObject({ memory: '/sys/fs/cgroup/memory/a' });
});

test('version 2 alone', () => {
  const mounts = '30 24 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate';

  expect(findCgroupRoot(mounts, '0::/user.slice')).toEqual({ version: 2, unified: '/sys/fs/cgroup' });
});

test('no control groups, or a version 1 without memory', () => {
  expect(findCgroupRoot('22 1 8:1 / / rw - ext4 /dev/vda rw', '')).toBeUndefined();
  expect(findCgroupRoot('26 25 0:23 / /c/cpu rw - cgroup cgroup rw,cpu', '3:cpu:/')).toBeUndefined();
});
