import { expect, test } from 'vitest';
import { Exposition } from './exposition.ts';

test('samples of one name stand together, values are escaped, what is not known is left out', () => {
  const page = new Exposition();

  page.add('counter', 'a_total', { pod: 'x' }, 1);
  page.add('gauge', 'b', { text: 'say "no"\\\nmore' }, 2.5);
  page.add('counter', 'a_total', { pod: 'y' }, 3);
  page.add('gauge', 'c', {}, undefined);

  expect(page.text()).toBe(
    '# TYPE a_total counter\na_total{pod="x"} 1\na_total{pod="y"} 3\n# TYPE b gauge\nb{text="say \\"no\\"\\\\\\nmore"} 2.5\n',
  );
});
