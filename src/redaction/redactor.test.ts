import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRedactor } from './redactor.ts';

const redactor = createRedactor();

// Joined at run time, so that no secret scanner mistakes this file for a leak.
const join = (...parts: string[]): string => parts.join('');
const letters = (length: number): string =>
  'aZ3kQ9xWb7LmT2vRc8YpN4sHd6GfJ1eUq5oIBtKwzXMhVyCnrPlSgDjFuEAi0O'.repeat(4).slice(0, length);
const jwt = join(
  'eyJ',
  'hbGciOiJIUzI1NiJ9',
  '.',
  'eyJ',
  'zdWIiOiIxMjM0In0',
  '.',
  'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
);
const pem = join('-----BEGIN RSA PRIVATE', ' KEY-----\nMIIEow', letters(60), '\n-----END RSA PRIVATE', ' KEY-----');

describe('secrets in text', () => {
  it.each([
    [
      'a password in a URL',
      'cannot reach postgres://app:hunter2@db:5432/shop',
      'hunter2',
      'cannot reach postgres://<redacted:credentials>@db:5432/shop',
    ],
    ['a password with an at sign', 'amqp://app:p@ss@mq/vhost', 'p@ss', 'amqp://<redacted:credentials>@mq/vhost'],
    ['a password with a slash', 'postgres://app:pa/ss@db/shop', 'pa/ss', 'postgres://<redacted:credentials>@db/shop'],
    [
      'a token as the user of a URL',
      'https://abcdef0123456789@git.example/x',
      'abcdef0123456789',
      'https://<redacted:credentials>@git.example/x',
    ],
    [
      'a bearer header',
      `Authorization: Bearer ${letters(24)}`,
      letters(24),
      'Authorization: Bearer <redacted:authorization>',
    ],
    [
      'a bearer token alone',
      `sent bearer ${letters(24)} twice`,
      letters(24),
      'sent bearer <redacted:authorization> twice',
    ],
    [
      'a basic header',
      'authorization: Basic dXNlcjpodW50ZXIy',
      'dXNlcjpodW50ZXIy',
      'authorization: Basic <redacted:authorization>',
    ],
    [
      'basic credentials alone',
      'curl said Basic dXNlcjpodW50ZXIy',
      'dXNlcjpodW50ZXIy',
      'curl said Basic <redacted:authorization>',
    ],
    ['a web token', `got ${jwt} from caller`, jwt, 'got <redacted:jwt> from caller'],
    ['a web token cut short', `got ${jwt.slice(0, 30)}`, jwt.slice(0, 30), 'got <redacted:jwt>'],
    ['a private key', `key:\n${pem}\nend`, letters(60), 'key:\n<redacted:private-key>\nend'],
    ['a private key cut short', pem.slice(0, 60), 'MIIEow', '<redacted:private-key>'],
    ['an AWS key', join('AKIA', 'IOSFODNN7EXAMPLE'), 'IOSFODNN7EXAMPLE', '<redacted:aws-key>'],
    [
      'an AWS secret',
      `aws_secret_access_key = ${letters(40)}`,
      letters(40),
      'aws_secret_access_key = <redacted:secret>',
    ],
    ['a Google key', join('AIza', letters(35)), letters(35), '<redacted:google-key>'],
    [
      'an Azure account key',
      `AccountName=x;AccountKey=${letters(40)}==;EndpointSuffix=y`,
      letters(40),
      'AccountName=x;AccountKey=<redacted:secret>;EndpointSuffix=y',
    ],
    ['a GitHub token', join('ghp_', letters(36)), letters(36), '<redacted:github-token>'],
    ['a GitLab token', join('glpat-', letters(20)), letters(20), '<redacted:gitlab-token>'],
    ['a Slack token', join('xoxb-', '123456789012-', letters(24)), letters(24), '<redacted:slack-token>'],
    [
      'a Slack webhook',
      join('https://hooks.slack.com/services/', 'T0001/B0001/', letters(24)),
      letters(24),
      'https://hooks.slack.com/services/<redacted:slack-webhook>',
    ],
    ['a Stripe key', join('sk_live_', letters(24)), letters(24), '<redacted:stripe-key>'],
    [
      'a connection string',
      'Server=db;Password=hunt,er2;User=app',
      'hunt,er2',
      'Server=db;Password=<redacted:secret>;User=app',
    ],
    ['a key and value', 'DB_PASSWORD=hunter2 started', 'hunter2', 'DB_PASSWORD=<redacted:secret> started'],
    [
      'JSON',
      '{"user":"app","clientSecret":"hunter 2\\" more","n":1}',
      'hunter 2',
      '{"user":"app","clientSecret":"<redacted:secret>","n":1}',
    ],
    [
      'JSON within JSON',
      '{"m":"{\\"password\\":\\"hunter2\\"}"}',
      'hunter2',
      '{"m":"{\\"password\\":\\"<redacted:secret>\\"}"}',
    ],
    ['YAML', 'api-key: hunter2\nnext: 1', 'hunter2', 'api-key: <redacted:secret>\nnext: 1'],
    [
      'a query parameter',
      'GET /x?access_token=hunter2&page=3',
      'hunter2',
      'GET /x?access_token=<redacted:secret>&page=3',
    ],
    ['an option', 'ran job --db-password hunter2 --dry', 'hunter2', 'ran job --db-password <redacted:secret> --dry'],
    ['SQL', "ALTER ROLE app PASSWORD 'hunter2'", 'hunter2', "ALTER ROLE app PASSWORD '<redacted:secret>'"],
    ['cookies', 'Cookie: a=hunter2; b=hunter3', 'hunter3', 'Cookie: <redacted:cookie>'],
    ['a card', 'paid with 4111111111111111 today', '4111111111111111', 'paid with <redacted:card> today'],
    ['a card in groups', 'paid with 4111-1111-1111-1111.', '1111', 'paid with <redacted:card>.'],
    ['a card after another number', 'row 5 4111 1111 1111 1111', '4111', 'row 5 <redacted:card>'],
    ['an e-mail address', 'ask jo.doe+x@mail.example.org.', 'jo.doe', 'ask <redacted:email>.'],
  ])('takes out %s', (_name, text, secret, expected) => {
    const actual = redactor.text(text);

    expect(actual).not.toContain(secret);
    expect(actual).toBe(expected);
  });

  it.each([
    'orders p95 is 0.9 s, 7x its 0.12 s of the hour before',
    'Pod shop/orders-7d9f8b6c5d-x2x4z is crash looping',
    'task-runner-7d9f8b6c5d-abcde-fghij is not ready',
    'bearer token expired; basic authentication required',
    'histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket{app="orders"}[5m]))) > 0.5',
    'startsAt 1764230400000 and 1764230400000000000',
    'git@github used image registry/app@sha256:0123456789abcdef',
    'http://prometheus:9090/graph?g0.expr=up%3D%3D0&g0.tab=1',
    'max_tokens_total 100 tokens: 5',
    '2026-11-22T07:58:25.736764521Z',
    '',
  ])('leaves %j as it is', (text) => {
    expect(redactor.text(text)).toBe(text);
  });

  it('takes out network addresses on the way out only', () => {
    const text =
      'dial tcp 10.244.0.7:5432 and [fd00::12]:443, fe80::1%eth0, ip-10-0-0-5.internal, 10.0.0.0/8 at 07:58:25, v1.2.3';

    expect(redactor.text(text)).toBe(text);
    expect(redactor.outbound(text)).toBe(
      'dial tcp <redacted:address> and <redacted:address>, <redacted:address>, <redacted:address>.internal, <redacted:address> at 07:58:25, v1.2.3',
    );
  });
});

describe('labels and JSON', () => {
  it('keeps labels that resolve a subject and redacts the others', () => {
    const labels = {
      namespace: 'shop',
      instance: '10.0.0.7:9090',
      peer: '10.0.0.8',
      password: 'x',
      owner: 'a@b.example',
    };

    const actual = redactor.labels(labels, new Set(['namespace', 'instance']));

    expect(actual).toEqual({
      namespace: 'shop',
      instance: '10.0.0.7:9090',
      peer: '<redacted:address>',
      password: '<redacted:secret>',
      owner: '<redacted:email>',
    });
  });

  it('does not let a kept label carry credentials', () => {
    const actual = redactor.labels({ instance: 'postgres://app:hunter2@db/shop' }, new Set(['instance']));

    expect(actual['instance']).not.toContain('hunter2');
  });

  it('walks JSON, and cuts what is nested beyond reading', () => {
    let deep: unknown = 'password=hunter2';
    for (let i = 0; i < 200; i += 1) deep = [deep];

    const actual = redactor.json({ token: 'hunter2', list: ['a@b.example', 7, null], deep });

    expect(JSON.stringify(actual)).not.toContain('hunter2');
    expect(actual).toMatchObject({ token: '<redacted:secret>', list: ['<redacted:email>', 7, null] });
  });

  it('obeys what the operator keeps', () => {
    const lenient = createRedactor({ keepEmails: true, keepNetworkAddresses: true });

    expect(lenient.outbound('a@b.example at 10.0.0.1')).toBe('a@b.example at 10.0.0.1');
  });
});

const word = fc.string({ unit: fc.constantFrom(...Array.from('abcdefghijkXYZ0189')), minLength: 12, maxLength: 40 });
// What stands around a secret: prose, punctuation, blanks; a letter right before a token would be another token.
const around = fc
  .string({ unit: fc.constantFrom(...Array.from('ab1 .,:;=\'"/(){}[]\n-@')), maxLength: 60 })
  .map((text) => `${text} `);

const planted: [string, fc.Arbitrary<{ secret: string; text: string }>][] = [
  ['URL', word.map((secret) => ({ secret, text: `redis://app:${secret}@cache:6379/0` }))],
  ['bearer', word.map((secret) => ({ secret: `${secret}9`, text: `Bearer ${secret}9` }))],
  [
    'named value',
    fc
      .tuple(
        fc.constantFrom('password', 'API_KEY', 'client-secret', 'authToken'),
        fc.constantFrom('=', ': ', '="', "='", '":"'),
        word,
      )
      .map(([name, sign, secret]) => ({ secret, text: `${name}${sign}${secret}` })),
  ],
  ['web token', word.map((secret) => ({ secret, text: `eyJ${secret}abc.${secret}.${secret}` }))],
  ['GitHub token', word.map((secret) => ({ secret, text: `ghp_${secret.padEnd(36, 'q')}` }))],
  [
    'private key',
    word.map((secret) => ({
      secret,
      text: join('-----BEGIN PRIVATE', ` KEY-----\n${secret}\n-----END PRIVATE`, ' KEY-----'),
    })),
  ],
  ['e-mail', word.map((secret) => ({ secret, text: `${secret}@mail.example` }))],
  [
    'card',
    fc
      .constantFrom('4111111111111111', '5500005555555559', '378282246310005')
      .map((secret) => ({ secret, text: secret })),
  ],
];

describe('properties', () => {
  it.each(planted)('never leaks a planted secret: %s', (_name, plant) => {
    fc.assert(
      fc.property(around, plant, around, (before, { secret, text }, after) => {
        expect(redactor.text(`${before}${text} ${after}`)).not.toContain(secret);
      }),
      { numRuns: 300 },
    );
  });

  it('gives the same when applied twice', () => {
    const piece = fc.oneof(around, fc.string(), ...planted.map(([, plant]) => plant.map(({ text }) => text)));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
        const once = redactor.outbound(pieces.join(''));

        expect(redactor.outbound(once)).toBe(once);
      }),
      { numRuns: 1_000 },
    );
  });

  // The bound is on work, not on time: were a pattern quadratic, one of these would run for many minutes and meet the limit of the runner.
  it.each([
    'eyJ',
    'a',
    '-----BEGIN ',
    'password',
    'password=',
    'token: "',
    '"password":"\\',
    '://a:',
    'a@',
    '@',
    'a.',
    '1 ',
    '4111-',
    '1.',
    'a:',
    '::1 ',
    'authorization: ',
    'bearer ',
    '--token ',
    'cookie:',
    ',;',
    'secret=,a',
    'sk-',
    'Q~',
    'SG.aaaaaaaaaaaaaaaa',
    'xxx1Q~',
    'ip-1-',
    '[',
    ':',
    'f:',
  ])('is linear on repeats of %j', (piece) => {
    const text = piece.repeat(Math.ceil(400_000 / piece.length));

    expect(typeof redactor.outbound(text)).toBe('string');
  });
});

describe('texts that come again', () => {
  it('get the same answer however many others came between', () => {
    const clean = 'p95 of orders is 812 ms';
    const secret = 'password=hunter2';
    const redacting = createRedactor();

    const answers = Array.from({ length: 3 }, () => {
      const answer = [redacting.text(clean), redacting.text(secret), redacting.outbound('from 10.0.0.7')];
      for (let index = 0; index < 5_000; index += 1) redacting.text(`text number ${index}`);
      return answer;
    });

    for (const answer of answers)
      expect(answer).toEqual([clean, 'password=<redacted:secret>', 'from <redacted:address>']);
  });

  it('that are clean in free text are still looked at on their way out', () => {
    const redacting = createRedactor();

    expect(redacting.text('from 10.0.0.7')).toBe('from 10.0.0.7');
    expect(redacting.outbound('from 10.0.0.7')).toBe('from <redacted:address>');
  });
});
