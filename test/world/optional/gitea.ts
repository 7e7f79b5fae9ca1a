import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { NODE_ADDRESS, PORTS } from '../network.ts';
import { runCommand } from '../run-command.ts';
import { answers, type OptionalContext, startReady } from './context.ts';

export interface Gitea {
  readonly url: string;
  /** An administrator's; also the password of `user` in git over HTTP. */
  readonly token: string;
  readonly user: string;
}

const USER = 'bot';

/** A forge of its own with one user; pages are plain, git and the API are real. */
export async function startGitea(context: OptionalContext, program: string): Promise<Gitea> {
  const folder = join(context.folder, 'gitea');
  for (const name of ['conf', 'data', 'repositories', 'home']) await mkdir(join(folder, name), { recursive: true });
  const url = `http://${NODE_ADDRESS}:${PORTS.gitea}`;
  const config = join(folder, 'conf', 'app.ini');
  const env = { PATH: process.env['PATH'] ?? '', HOME: join(folder, 'home'), GITEA_WORK_DIR: folder };
  const gitea = async (...args: string[]) => (await runCommand(program, [...args, '--config', config], { env })).trim();
  await writeFile(config, giteaConfig({ folder, url, files: dirname(program), user: userInfo().username }), {
    mode: 0o600,
  });
  await gitea('migrate');
  const password = randomBytes(12).toString('hex');
  await gitea(
    'admin',
    'user',
    'create',
    '--username',
    USER,
    '--password',
    password,
    '--email',
    'bot@example.com',
    '--admin',
    '--must-change-password=false',
  );
  const answer = await gitea(
    'admin',
    'user',
    'generate-access-token',
    '--username',
    USER,
    '--token-name',
    'world',
    '--scopes',
    'all',
    '--raw',
  );
  const token = answer.split('\n').at(-1) ?? '';
  const spec = { name: 'gitea', command: program, args: ['web', '--config', config], env };
  await startReady(context, spec, () => answers(`${url}/api/v1/version`));
  return { url, token, user: USER };
}

interface GiteaOptions {
  readonly folder: string;
  readonly url: string;
  /** Where its templates and options are. */
  readonly files: string;
  readonly user: string;
}

function giteaConfig({ folder, url, files, user }: GiteaOptions): string {
  const secret = () => randomBytes(32).toString('hex');
  return `APP_NAME = forge
RUN_MODE = prod
RUN_USER = ${user}
WORK_PATH = ${folder}
I_AM_BEING_UNSAFE_RUNNING_AS_ROOT = true
[server]
PROTOCOL = http
HTTP_ADDR = ${NODE_ADDRESS}
HTTP_PORT = ${PORTS.gitea}
ROOT_URL = ${url}/
LOCAL_ROOT_URL = ${url}/
STATIC_ROOT_PATH = ${files}
DISABLE_SSH = true
OFFLINE_MODE = true
LFS_START_SERVER = false
[database]
DB_TYPE = sqlite3
PATH = ${join(folder, 'data', 'gitea.db')}
SQLITE_JOURNAL_MODE = WAL
[repository]
ROOT = ${join(folder, 'repositories')}
DEFAULT_BRANCH = main
[repository.signing]
SIGNING_KEY = none
[security]
INSTALL_LOCK = true
SECRET_KEY = ${secret()}
INTERNAL_TOKEN = ${secret()}
PASSWORD_HASH_ALGO = pbkdf2_v1
[oauth2]
ENABLED = false
[service]
DISABLE_REGISTRATION = true
[session]
PROVIDER = memory
[indexer]
ISSUE_INDEXER_TYPE = db
REPO_INDEXER_ENABLED = false
; Other kinds of queue hung after a merge.
[queue]
TYPE = level
[actions]
ENABLED = false
[packages]
ENABLED = false
[mailer]
ENABLED = false
[cron]
ENABLED = false
[cron.update_checker]
ENABLED = false
[log]
MODE = console
LEVEL = Warn
`;
}
