import { describe, expect, it } from 'vitest';
import { changedFields } from './changed-fields.ts';

const container = (fields: object = {}) => ({
  name: 'app',
  image: 'orders:1',
  env: [{ name: 'MODE', value: 'a' }],
  ...fields,
});
const template = (...containers: object[]) => ({ spec: { containers } });

describe('changedFields', () => {
  it.each<[string, object, readonly string[]]>([
    ['nothing', template(container()), []],
    ['the image', template(container({ image: 'orders:2' })), ['image orders:1 -> orders:2']],
    [
      'a variable, by its name only',
      template(container({ env: [{ name: 'MODE', value: 'secret' }] })),
      ['env MODE changed'],
    ],
    ['variables', template(container({ env: [{ name: 'NEW', value: '1' }] })), ['env MODE removed', 'env NEW added']],
    ['a limit', template(container({ resources: { limits: { memory: '64Mi' } } })), ['memory limit none -> 64Mi']],
    ['a probe', template(container({ readinessProbe: { httpGet: { port: 1 } } })), ['readinessProbe']],
    ['a container', template(container(), { name: 'proxy', image: 'p:1' }), ['container proxy added']],
    ['a template that is none', {}, ['container app removed']],
  ])('%s', (_, after, expected) => {
    expect(changedFields(template(container()), after)).toEqual(expected);
  });
});
