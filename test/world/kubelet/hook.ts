import { spawn } from 'node:child_process';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import type { ContainerSpec, Hook } from './pod.ts';

export interface HookContext {
  readonly podIp: string;
  readonly container: ContainerSpec;
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** The words that run a command where the container's own processes run. */
  readonly inside: (command: readonly string[]) => readonly string[];
}

/** Undefined when all went well, else what to tell a person. */
export type HookProblem = string | undefined;

/** Runs what a probe or a preStop hook asks for, in the words of the kubelet where it fails. */
export function runHook(hook: Hook, context: HookContext): Promise<HookProblem> {
  if (hook.httpGet) return runHttpGet(hook.httpGet, context);
  if (hook.tcpSocket) return runTcp(hook.tcpSocket, context);
  if (hook.exec) return runExec(hook.exec.command ?? [], context);
  return Promise.resolve('this kind of probe is not known to the process kubelet');
}

function runHttpGet(action: NonNullable<Hook['httpGet']>, context: HookContext): Promise<HookProblem> {
  const port = portOf(action.port, context.container);
  const secure = action.scheme === 'HTTPS';
  const url = `${secure ? 'https' : 'http'}://${action.host ?? context.podIp}:${port}${action.path ?? '/'}`;
  return new Promise((resolve) => {
    // Like the kubelet: a new connection each time, certificates unchecked, redirects not followed.
    const request = (secure ? httpsRequest : httpRequest)(url, {
      agent: false,
      rejectUnauthorized: false,
      timeout: context.timeoutMs,
      headers: {
        'user-agent': 'kube-probe/1.35',
        ...Object.fromEntries((action.httpHeaders ?? []).map(({ name, value }) => [name, value])),
      },
    });
    const timer = setTimeout(() => request.destroy(new Error('context deadline exceeded')), context.timeoutMs);
    const finish = (problem: HookProblem) => {
      clearTimeout(timer);
      resolve(problem);
    };
    request.once('response', (answer) => {
      answer.resume();
      const status = answer.statusCode ?? 0;
      finish(status >= 200 && status < 400 ? undefined : `HTTP probe failed with statuscode: ${status}`);
      request.destroy();
    });
    request.on('error', (error) => finish(`Get "${url}": ${error.message}`));
    request.end();
  });
}

function runTcp(action: NonNullable<Hook['tcpSocket']>, context: HookContext): Promise<HookProblem> {
  const port = portOf(action.port, context.container);
  return new Promise((resolve) => {
    const socket = connect({ host: action.host ?? context.podIp, port });
    socket.setTimeout(context.timeoutMs, () => socket.destroy(new Error('i/o timeout')));
    socket.once('connect', () => {
      socket.destroy();
      resolve(undefined);
    });
    socket.once('error', (error) => resolve(`dial tcp: ${error.message}`));
  });
}

function runExec(command: readonly string[], context: HookContext): Promise<HookProblem> {
  const [program = '', ...args] = context.inside(command);
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: context.env,
    });
    let output = '';
    const collect = (chunk: Buffer) => {
      output = (output + chunk.toString('utf8')).slice(0, 1_000);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    const timer = setTimeout(() => {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    }, context.timeoutMs);
    child.once('error', (error) => {
      clearTimeout(timer);
      resolve(error.message);
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve(undefined);
      else
        resolve(signal === null ? `exit code ${code}: ${output}` : `command timed out after ${context.timeoutMs} ms`);
    });
  });
}

function portOf(port: number | string, container: ContainerSpec): number {
  if (typeof port === 'number') return port;
  const named = container.ports?.find((it) => it.name === port);
  // A name that no port of the container has leads to port 0, which nothing answers: the probe fails, as it should.
  return named?.containerPort ?? 0;
}
