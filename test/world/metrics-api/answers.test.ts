import { expect, test } from 'vitest';
import { answerMetrics, type Known } from './answers.ts';

const rate = { atMs: 5_000, windowMs: 5_000, cpu: 0.25, memoryBytes: 2_048 };
const known: Known = {
  pods: [
    { namespace: 'a', name: 'web-1', labels: { app: 'web' }, containers: [{ name: 'c', rate }] },
    { namespace: 'b', name: 'api-1', labels: { app: 'api' }, containers: [{ name: 'c', rate }] },
  ],
  nodes: [{ name: 'node-1', rate }],
};
const ask = (path: string) => answerMetrics(new URL(`https://m/apis/metrics.k8s.io/v1beta1${path}`), known);
const names = (body: unknown) =>
  (body as { items: { metadata: { name: string } }[] }).items.map((it) => it.metadata.name);

test.each([
  ['/pods', ['web-1', 'api-1']],
  ['/namespaces/a/pods', ['web-1']],
  ['/namespaces/a/pods?labelSelector=app%3Dapi', []],
  ['/pods?labelSelector=app+in+(api)', ['api-1']],
  ['/nodes', ['node-1']],
])('%s lists %j', (path, expected) => {
  expect(names(ask(path).body)).toEqual(expected);
});

test('a pod is told in the words of the API', () => {
  expect(ask('/namespaces/a/pods/web-1').body).toMatchObject({
    kind: 'PodMetrics',
    timestamp: '1970-01-01T00:00:05Z',
    window: '5.000s',
    containers: [{ name: 'c', usage: { cpu: '250000000n', memory: '2Ki' } }],
  });
});

test.each([
  ['/namespaces/a/pods/none', 404],
  ['/nodes/none', 404],
  ['/services', 404],
  ['/pods?labelSelector=a+b+c', 400],
])('%s answers %d', (path, status) => {
  expect(ask(path).status).toBe(status);
});
