// Reads an Elasticsearch into a store until it is killed: URL, INDEX, store path.
import { createElasticsearch } from '../../src/adapters/elasticsearch/index.ts';
import { openTailWorld } from './tail-world.ts';

const [url = '', index = '', path = ''] = process.argv.slice(2);
const source = createElasticsearch({ url, indices: [index], timeoutMs: 10_000 });
const { tail } = await openTailWorld(source, path, { pageSize: 20 });
process.stdout.write('reading\n');
for (;;) {
  const { counted } = await tail.pass();
  if (counted > 0) process.stdout.write(`counted ${counted}\n`);
}
