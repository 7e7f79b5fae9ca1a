import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_RESOURCES } from '../ports/cluster.ts';
import { configuredCalls } from './environment-calls.ts';

function callsOf(env: Record<string, string>) {
  return configuredCalls({ containers: [{ name: 'app', image: 'shop/app:1', resources: NO_RESOURCES, env }] });
}

describe('configuredCalls', () => {
  it.each([
    ['ORDERS_URL', 'http://orders:8080/api?x=1', [{ kind: 'request', product: '', host: 'orders' }]],
    [
      'DATABASE_URL',
      'postgres://shop:s3cret@db.example.net:5432/shop',
      [{ kind: 'database', product: 'postgresql', host: 'db.example.net' }],
    ],
    [
      'SPRING_DATASOURCE_URL',
      'jdbc:mysql://mysql.shop:3306/shop',
      [{ kind: 'database', product: 'mysql', host: 'mysql.shop' }],
    ],
    [
      'MONGO',
      'mongodb://a:27017,b:27017/shop',
      [
        { kind: 'database', product: 'mongodb', host: 'a' },
        { kind: 'database', product: 'mongodb', host: 'b' },
      ],
    ],
    ['PGHOST', 'postgres', [{ kind: 'database', product: '', host: 'postgres' }]],
    ['REDIS_HOST', 'redis:6379', [{ kind: 'database', product: '', host: 'redis' }]],
    [
      'KAFKA_BROKERS',
      'k1:9092,k2:9092',
      [
        { kind: 'queue', product: '', host: 'k1' },
        { kind: 'queue', product: '', host: 'k2' },
      ],
    ],
    ['CART_ADDR', '[fd00::7]:7070', [{ kind: 'request', product: '', host: 'fd00::7' }]],
    ['SELF_URL', 'http://localhost:8080', []],
    ['LISTEN_ADDR', '0.0.0.0:8080', []],
    ['GREETING', 'http', []],
    ['FEATURE', 'orders', []],
    ['CALLBACK_URL', 'javascript://orders', []],
    ['BAD_HOST', '"} or up{x="', []],
    ['LONG_URL', `http://${'a'.repeat(3_000)}`, []],
  ])('%s=%s', (name, value, expected) => {
    expect(callsOf({ [name]: value })).toEqual(expected);
  });

  it('never keeps a user name or a password, whatever they contain', () => {
    const word = fc.stringMatching(/^[A-Za-z0-9!$&'()*+;=._~:@-]{8,30}$/).map((text) => `zq${text}qz`);

    fc.assert(
      fc.property(word, word, (user, password) => {
        const calls = callsOf({ DATABASE_URL: `postgres://${user}:${password}@db:5432/shop` });

        expect(calls.map((call) => call.host)).toEqual(['db']);
      }),
    );
  });
});
