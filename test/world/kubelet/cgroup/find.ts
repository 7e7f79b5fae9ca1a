/** Where control groups can be made on this machine. */
export type CgroupRoot =
  | { readonly version: 1; readonly cpu: string; readonly cpuacct: string; readonly memory: string }
  | { readonly version: 2; readonly unified: string };

/** Without these three, limits and figures would be half true. */
const CONTROLLERS = ['cpu', 'cpuacct', 'memory'] as const;

/**
 * The folders below which this process may make groups, from /proc/self/mountinfo (fields in proc(5)) and /proc/self/cgroup. Version 1 wins
 * where a machine mounts both, for then the controllers live there. A version 2 group starts at the top of its mount, because only the
 * top may hold processes and have children with limits.
 */
export function findCgroupRoot(mountinfo: string, selfCgroup: string): CgroupRoot | undefined {
  const mounts = mountinfo.split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ');
    const [, , , root = '', point = ''] = before.split(' ');
    const [type = '', , options = ''] = after.split(' ');
    return type.startsWith('cgroup') ? [{ type, root, point, options: options.split(',') }] : [];
  });
  const [cpu, cpuacct, memory] = CONTROLLERS.map((controller) => {
    const mount = mounts.find((it) => it.type === 'cgroup' && it.options.includes(controller));
    return mount && `${mount.point}${ownPath(selfCgroup, controller, mount.root)}`;
  });
  if (cpu !== undefined && cpuacct !== undefined && memory !== undefined) return { version: 1, cpu, cpuacct, memory };
  const unified = mounts.find((it) => it.type === 'cgroup2');
  return unified ? { version: 2, unified: unified.point } : undefined;
}

/** The group of this process below a mount, so that a limit put on whoever started the world holds for the world as well. */
function ownPath(selfCgroup: string, controller: string, mountRoot: string): string {
  for (const line of selfCgroup.split('\n')) {
    const [, controllers = '', path = '/'] = line.split(':');
    if (!controllers.split(',').includes(controller)) continue;
    if (mountRoot === '/') return path === '/' ? '' : path;
    return path.startsWith(`${mountRoot}/`) ? path.slice(mountRoot.length) : '';
  }
  return '';
}
