/** One program that the world needs, and everywhere it may come from. */
export interface PartSpec {
  /** Names of the executable, the first that is found wins; the first is also its name as an archive. */
  readonly commands: readonly string[];
  /** What to say when it is found nowhere. */
  readonly install: string;
  /** Go module under parts/ from which it can be built. */
  readonly module?: GoModule;
  /** Oldest major and minor version that the world works with; checked where the machine may hold an old one. */
  readonly atLeast?: readonly [number, number];
  /** Folders beside PATH; `*` stands for any one name, the highest first. */
  readonly folders?: readonly string[];
}

export type GoModule = 'control-plane' | 'prometheus';

/** What `go build` needs per module; the versions are pinned by the go.mod beside this file. */
export const GO_MODULES: Readonly<Record<GoModule, { packages: readonly string[]; tags?: string; ldflags: string }>> = {
  'control-plane': {
    packages: ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'].map(
      (it) => `k8s.io/kubernetes/cmd/${it}`,
    ),
    ldflags:
      '-s -w -X k8s.io/component-base/version.gitVersion=v1.35.4 -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=35',
  },
  prometheus: {
    packages: ['prometheus', 'promtool'].map((it) => `github.com/prometheus/prometheus/cmd/${it}`),
    tags: 'netgo',
    ldflags: '-s -w -X github.com/prometheus/common/version.Version=3.14.0',
  },
};

const APT = 'run scripts/install-parts.sh as root, or: apt-get install';
const BUILT = 'set HALE_PARTS to a folder of archives, or install Go >= 1.26 so that it can be built';
const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

export const PARTS = {
  etcd: { commands: ['etcd'], install: `${APT} etcd-server` },
  'kube-apiserver': { commands: ['kube-apiserver'], install: BUILT, module: 'control-plane', atLeast: [1, 32] },
  'kube-controller-manager': {
    commands: ['kube-controller-manager'],
    install: BUILT,
    module: 'control-plane',
    atLeast: [1, 32],
  },
  'kube-scheduler': { commands: ['kube-scheduler'], install: BUILT, module: 'control-plane', atLeast: [1, 32] },
  // Debian's Prometheus 2 is built without kubernetes_sd, so it must not be taken.
  prometheus: { commands: ['prometheus'], install: BUILT, module: 'prometheus', atLeast: [3, 0] },
  alertmanager: {
    commands: ['prometheus-alertmanager', 'alertmanager'],
    install: `${APT} prometheus-alertmanager`,
    atLeast: [0, 25],
  },
  'postgres-exporter': {
    commands: ['prometheus-postgres-exporter', 'postgres_exporter'],
    install: `${APT} prometheus-postgres-exporter`,
  },
  postgres: {
    commands: ['postgres'],
    install: `${APT} postgresql-15`,
    folders: ['/usr/lib/postgresql/*/bin'],
    atLeast: [15, 0],
  },
  initdb: {
    commands: ['initdb'],
    install: `${APT} postgresql-15`,
    folders: ['/usr/lib/postgresql/*/bin'],
    atLeast: [15, 0],
  },
  ip: { commands: ['ip'], install: `${APT} iproute2`, folders: SYSTEM_FOLDERS },
  unshare: { commands: ['unshare'], install: `${APT} util-linux`, folders: SYSTEM_FOLDERS },
} as const satisfies Record<string, PartSpec>;

export type PartName = keyof typeof PARTS;

/** Absolute path of each program. */
export type Parts = Readonly<Record<PartName, string>>;
