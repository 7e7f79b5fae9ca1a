/** One volume as a container sees it. */
export interface Mount {
  /** Folder or file on the host. */
  readonly source: string;
  /** Absolute path in the container. */
  readonly target: string;
  readonly readOnly: boolean;
}

export interface LaunchPlan {
  readonly command: readonly string[];
  readonly cwd: string;
  /** Files of the control groups to enter. */
  readonly cgroupEntries: readonly string[];
  readonly mounts: readonly Mount[];
  /** Empty folder over which each container builds its own root; only needed with mounts. */
  readonly rootFolder: string;
}

/** Both stages tell on descriptor 3 why they failed; nothing written there means that the program runs. */
const PRELUDE = `fail() { printf '%s' "$1" >&3; exit 128; }
wanted=\${PATH-}; PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
`;

/** Enters the control groups, and goes on without a new root where there is nothing to mount. */
const ENTER = `while [ "$1" != -- ]; do echo 0 > "$1" || fail "can not enter $1"; shift; done; shift
`;

/**
 * A root of its own: all that the host has at the top, bound again, so that a mount point at the top can be made without leaving a trace on
 * the host. The sources are bound aside first, because what is mounted over them later must not hide them.
 */
const NEW_ROOT = `root=$1; stage=$2; shift 2
mount -t tmpfs -o mode=755 root "$root" || fail 'can not mount a root'
for entry in /*; do
  if [ -L "$entry" ]; then cp -P "$entry" "$root/"
  elif [ -d "$entry" ]; then mkdir "$root$entry" && mount --rbind "$entry" "$root$entry" || fail "can not bind $entry"
  fi
done
mkdir "$root/.volumes"; count=0
while [ "$1" != -- ]; do
  if [ -d "$1" ]; then mkdir "$root/.volumes/$count"; else : > "$root/.volumes/$count"; fi
  mount --rbind "$1" "$root/.volumes/$count" || fail "can not bind $1"
  count=$((count + 1)); shift
done; shift
PATH=$wanted; export PATH
exec /usr/sbin/chroot "$root" /bin/sh -c "$stage" sh "$@"
`;

/** Inside the new root. A mount point that is missing is made on a layer over its nearest folder, never on the host. */
const MOUNT = `count=0; own=
while [ "$1" != -- ]; do
  if [ ! -e "$1" ]; then
    near=$1; while [ -n "$near" ] && [ ! -e "$near" ]; do near=\${near%/*}; done
    layered=; for it in $own; do case "$near/" in "$it"/*) layered=1;; esac; done
    if [ -n "$near" ] && [ -z "$layered" ]; then
      mkdir -p "/.layers/$count/upper" "/.layers/$count/work"
      mount -t overlay -o "lowerdir=$near,upperdir=/.layers/$count/upper,workdir=/.layers/$count/work" layer "$near" ||
        fail "can not make the mount point $1"
      own="$own $near"
    fi
    if [ -d "/.volumes/$count" ]; then mkdir -p "$1"; else mkdir -p "\${1%/*}" && : > "$1"; fi || fail "can not make $1"
  fi
  mount --rbind "/.volumes/$count" "$1" || fail "can not mount $1"
  if [ "$2" = ro ]; then mount -o remount,bind,ro "$1" || fail "can not make $1 read-only"; fi
  own="$own $1"; count=$((count + 1)); shift 2
done; shift
`;

/** The last step replaces the shell, so that signals, exit codes and an out-of-memory kill reach the program itself. */
const RUN = `cd "$1" || fail "can not change to folder $1"; shift
PATH=$wanted; export PATH
command -v "$1" > /dev/null 2>&1 || fail "exec: \\"$1\\": executable file not found in \\$PATH"
exec "$@" 3>&-
`;

/** The words that start a container. Everything from the pod is an argument and never part of a script. */
export function launchCommand(plan: LaunchPlan): readonly string[] {
  const { command, cwd, cgroupEntries, mounts, rootFolder } = plan;
  if (mounts.length === 0) {
    return ['/bin/sh', '-c', `${PRELUDE}${ENTER}${RUN}`, 'sh', ...cgroupEntries, '--', cwd, ...command];
  }
  const ordered = mounts.toSorted((a, b) => a.target.length - b.target.length);
  return [
    '/usr/bin/unshare',
    '--mount',
    '--propagation',
    'private',
    '/bin/sh',
    '-c',
    `${PRELUDE}${ENTER}${NEW_ROOT}`,
    'sh',
    ...cgroupEntries,
    '--',
    rootFolder,
    `${PRELUDE}${MOUNT}${RUN}`,
    ...ordered.map((it) => it.source),
    '--',
    ...ordered.flatMap((it) => [it.target, it.readOnly ? 'ro' : 'rw']),
    '--',
    cwd,
    ...command,
  ];
}
