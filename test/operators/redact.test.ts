import { expect } from 'chai';
import fc from 'fast-check';
import { PipelineError } from '../../src/core/errors.ts';
import { redact, type RedactOptions } from '../../src/operators/redact.ts';
import { operatorContract } from '../contracts/operator-contract.ts';
import { booksOf, containerEvent, emittedOf } from './lifecycle.ts';

const values = {
  a: containerEvent(0, 'start'),
  b: containerEvent(1, 'die'),
  c: containerEvent(2, 'destroy'),
};
operatorContract('redact', { make: () => redact<object>(), input: values, output: values });

const redacted = <T>(record: T, options?: RedactOptions): T => emittedOf([record], redact<T>(options))[0]!;
const HIDDEN = '[redacted]';

describe('redact', () => {
  it('hides the texts below secret names, and keeps the shape', () => {
    const record = {
      name: 'web',
      Password: 'hunter2',
      tokens: 17,
      secrets: { a: 'x', b: ['y', { c: 'z', d: 1, e: null }] },
      nested: [{ 'x-api-key': 'k', DB_PASSWORD: 'p', ok: 'fine' }],
    };
    expect(redacted(record)).to.deep.equal({
      name: 'web',
      Password: HIDDEN,
      tokens: 17,
      secrets: { a: HIDDEN, b: [HIDDEN, { c: HIDDEN, d: 1, e: null }] },
      nested: [{ 'x-api-key': HIDDEN, DB_PASSWORD: HIDDEN, ok: 'fine' }],
    });
  });

  for (const [what, text, expected] of [
    ['an environment variable', 'PGPASSWORD=hunter2 psql', `PGPASSWORD=${HIDDEN} psql`],
    ['JSON in a text', '{"token": "abc", "a": "b"}', `{"token": "${HIDDEN}", "a": "b"}`],
    ['all of a text in quotes', `password='a b' x="1"`, `password='${HIDDEN}' x="1"`],
    ['JSON in JSON', '{"line":"{\\"token\\":\\"a b\\"}"}', `{"line":"{\\"token\\":\\"${HIDDEN}"}"}`],
    ['an option', 'run --api-key k3y --port 80', `run --api-key ${HIDDEN} --port 80`],
    ['an option with =', 'run --db-password=k3y;', `run --db-password=${HIDDEN};`],
    ['basic authorization', 'Authorization: Basic dXNlcjpwYXNz', `Authorization: Basic ${HIDDEN}`],
    ['authorization in JSON', '"authorization":"Bearer a.b"', `"authorization":"Bearer ${HIDDEN}"`],
    ['a bearer token', 'sent bearer abcdefgh1234', `sent bearer ${HIDDEN}`],
    ['a password in a URL', 'to postgres://me:pw@db:5432/x', `to postgres://me:${HIDDEN}@db:5432/x`],
    ['a query', 'GET /?access_token=abc&x=1', `GET /?access_token=${HIDDEN}&x=1`],
    ['a JSON web token', 'jwt eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.c2ln end', `jwt ${HIDDEN} end`],
    ['a key id of AWS', 'key AKIAIOSFODNN7EXAMPLE.', `key ${HIDDEN}.`],
    ['a token of GitHub', `push ghp_${'a1'.repeat(18)}`, `push ${HIDDEN}`],
    [
      'a private key',
      '-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nMIIE\n-----END RSA PRIVATE KEY-----',
      `-----BEGIN RSA PRIVATE KEY-----${HIDDEN}-----END RSA PRIVATE KEY-----`,
    ],
  ] as const)
    it(`hides ${what}`, () => {
      expect(redacted(text)).to.equal(expected);
      expect(redacted({ line: text })).to.deep.equal({ line: expected });
    });

  it('leaves other text as it is', () => {
    for (const text of [
      'GET http://user@host:80/path HTTP/1.1',
      'at 12:30:45 the token expired',
      'ratio: 5, bearer of news',
      'postgres://db:5432/shop',
      'basic functionality restored',
      `sha256:${'a'.repeat(64)}`,
    ])
      expect(redacted(text)).to.equal(text);
  });

  it('hides what further patterns and names say', () => {
    const options = { patterns: [/\d{16}/, /pin \d+/g], keys: ['owner*'] };
    const record = {
      line: 'card 1234567812345678 and 8765432187654321, pin 12',
      Owner_Name: 'x',
      password: 'y',
    };
    expect(redacted(record, options)).to.deep.equal({
      line: `card ${HIDDEN} and ${HIDDEN}, ${HIDDEN}`,
      Owner_Name: HIDDEN,
      password: 'y',
    });
  });

  it('emits the record itself where nothing is hidden, and changes none', () => {
    const clean = { a: [1, 'x', { b: new Date(0), c: undefined, d: 10n }] };
    expect(redacted(clean)).to.equal(clean);
    const record = { kept: { a: 1 }, password: 'x' };
    const out = redacted(record);
    expect(record.password).to.equal('x');
    expect(out.kept).to.equal(record.kept);
    expect(redacted(null)).to.equal(null);
  });

  it('hides as a whole what lies too deep, has too many parts, or holds itself', () => {
    let deep: unknown = 'password=x';
    for (let i = 0; i < 30; i += 1) deep = [deep];
    expect(JSON.stringify(redacted(deep))).to.equal(`${'['.repeat(17)}"${HIDDEN}"${']'.repeat(17)}`);
    const many = Array.from({ length: 20_000 }, () => ['password=x']);
    const out = redacted<unknown[]>(many);
    expect(out[0]).to.deep.equal([`password=${HIDDEN}`]);
    expect(out.at(-1)).to.equal(HIDDEN);
    const self: Record<string, unknown> = { secret: 'x' };
    self['self'] = self;
    self['again'] = [self, self];
    expect(JSON.stringify(redacted(self))).not.to.contain('"x"');
  });

  it('is done with a long line in a time that grows with its length only', () => {
    // What makes careless patterns look back and forth over the whole text: with n² steps this takes minutes.
    for (const part of [
      'password',
      'a-',
      'a.b',
      'eyJ-',
      'x://',
      'token"  ',
      '--secret ',
      '-----BEGIN PRIVATE KEY-----',
    ]) {
      const line = part.repeat(Math.ceil(500_000 / part.length));
      expect(redacted(line)).to.be.a('string');
    }
  }).timeout(60_000);

  it('counts nothing: each record comes out', async () => {
    const { stage, imbalances } = await booksOf([{ password: 'x' }, {}], redact<object>());
    expect(stage).to.include({ received: 2, delivered: 2, filtered: 0, added: 0, exact: true });
    expect(imbalances).to.deep.equal([]);
  });

  it('lets no text below a secret name through, wherever it lies', () => {
    const secret = fc.string({ minLength: 1, maxLength: 12 }).map((text) => `S3CRET-${text}`);
    const tree = fc.letrec((tie) => ({
      any: fc.oneof(
        fc.integer(),
        fc.record({ clientSecret: tie('hidden') }),
        fc.dictionary(fc.constantFrom('a', 'b'), tie('any'), { maxKeys: 2 }),
        fc.array(tie('any'), { maxLength: 2 }),
      ),
      hidden: fc.oneof(secret, fc.array(secret), fc.dictionary(fc.constantFrom('x', 'y'), secret)),
    }));
    fc.assert(
      fc.property(tree.any, (record) => {
        const out = redacted(record);
        expect(JSON.stringify(out)).not.to.contain('S3CRET');
        expect(redacted(out)).to.deep.equal(out);
      }),
    );
  });

  it('refuses options that cannot be', () => {
    expect(() => redact({ patterns: ['x'] } as never)).to.throw(
      PipelineError,
      'redact: patterns must be a list of regular expressions',
    );
  });
});
