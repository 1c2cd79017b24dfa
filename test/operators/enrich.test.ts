import { expect } from 'chai';
import fc from 'fast-check';
import { PipelineError } from '../../src/core/errors.ts';
import { enrich, type Enriched, type EnrichOptions } from '../../src/operators/enrich.ts';
import type { DockerEvent } from '../../src/records/docker-event.ts';
import type { ContainerFacts } from '../../src/records/container-facts.ts';
import { operatorContract } from '../contracts/operator-contract.ts';
import { marbles } from '../marbles.ts';
import { booksOf, containerEvent, emittedOf, timeAt, factsAt } from './lifecycle.ts';

/** More than a source tells: what must not be attached, too. */
interface Facts extends ContainerFacts {
  readonly env: readonly string[];
}

const PROJECT = 'com.docker.compose.project';

const facts = (id = 'c1', restartCount = 0, host = 'engine-1'): Facts => ({
  ...factsAt(restartCount, {
    host,
    container: {
      id,
      name: `name-of-${id}`,
      image: 'busybox',
      imageId: 'sha256:1',
      labels: { [PROJECT]: 'shop', password: 'hunter2' },
    },
    startedAt: timeAt(0),
    restartCount,
  }),
  env: ['PASSWORD=hunter2'],
});

const attached = (id = 'c1', restartCount = 0, labels: object = { [PROJECT]: 'shop' }): object => ({
  time: timeAt(restartCount),
  container: { id, name: `name-of-${id}`, image: 'busybox', imageId: 'sha256:1', labels },
  startedAt: timeAt(0),
  restartCount,
  limits: facts().limits,
  cgroup: '/docker/c1',
});

type In = DockerEvent | Facts;
const enriched = (records: readonly In[], options?: EnrichOptions): readonly Enriched<In>[] =>
  emittedOf(records, enrich<In>(options));
const factsOf = (records: readonly In[], options?: EnrichOptions): readonly unknown[] =>
  enriched(records, options).map((record) => record.facts);

const inputs = { a: containerEvent(0, 'create'), b: facts(), c: containerEvent(1, 'start', { id: 'c2' }) };
operatorContract('enrich', {
  make: () => enrich<In>(),
  input: inputs,
  output: inputs,
});

describe('enrich', () => {
  it(
    'attaches the last facts of a container, and nothing before the first',
    marbles(({ hot, expectObservable }) => {
      const [a, c, e] = ['create', 'start', 'die'].map((action, i) => containerEvent(i, action));
      const values = { a: a!, b: facts(), c: c!, d: facts('c1', 2), e: e! };
      expectObservable(hot<In>('-a-b-c-d-e-|', values).pipe(enrich())).toBe('-a-b-c-d-e-|', {
        ...values,
        c: { ...c, facts: attached() },
        e: { ...e, facts: attached('c1', 2) },
      });
    }),
  );

  it('attaches labels by an allow-list, and never what is not on the list of facts', () => {
    const records = [facts(), containerEvent(1, 'start')];
    expect(factsOf(records, { labels: ['pass*'] })).to.deep.equal([
      undefined,
      attached('c1', 0, { password: 'hunter2' }),
    ]);
    expect(factsOf(records, { labels: [] })).to.deep.equal([undefined, attached('c1', 0, {})]);
    expect(JSON.stringify(factsOf(records))).not.to.contain('hunter2');
  });

  it('knows a container of another engine, and another container, from it', () => {
    const event = containerEvent(1, 'start');
    expect(
      factsOf([facts(), { ...event, host: 'engine-2' }, containerEvent(1, 'start', { id: 'c2' })]),
    ).to.deep.equal([undefined, undefined, undefined]);
    // The same id of another type of actor is none.
    expect(factsOf([facts(), { ...event, type: 'network' }])).to.deep.equal([undefined, undefined]);
  });

  it('enriches whatever has a host and a container, and passes on all else', () => {
    const line = { kind: 'log-line', host: 'engine-1', container: { id: 'c1' } };
    const others = [null, 7, { host: 'engine-1' }, { container: { id: 'c1' } }];
    const out = emittedOf([facts(), line, ...others], enrich<unknown>());
    expect(out.slice(1)).to.deep.equal([{ ...line, facts: attached() }, ...others]);
  });

  it('gives one object of facts to all records, and changes none', () => {
    const records = [facts(), containerEvent(1, 'start'), containerEvent(2, 'die')];
    const before = structuredClone(records);
    const [, one, other] = factsOf(records);
    expect(one).to.equal(other);
    expect(records).to.deep.equal(before);
  });

  it('counts nothing: each record comes out', async () => {
    const { stage, imbalances } = await booksOf([facts(), containerEvent(1, 'start')], enrich<In>());
    expect(stage).to.include({ received: 2, delivered: 2, filtered: 0, added: 0, exact: true });
    expect(imbalances).to.deep.equal([]);
  });

  it('remembers no more containers than it may, and those in use for longest', () => {
    const event = (id: string): DockerEvent => containerEvent(9, 'start', { id });
    const records = [facts('c1'), facts('c2'), event('c1'), facts('c3'), event('c1'), event('c2')];
    expect(factsOf(records, { maxContainers: 2 }).map((one) => one !== undefined)).to.deep.equal(
      [false, false, true, false, true, false], // prettier-ignore
    );
  });

  it('attaches what a search through all records before says', () => {
    const id = fc.constantFrom('c1', 'c2', 'c3');
    const record = fc.oneof(
      fc.tuple(id, fc.nat(9)).map(([own, count]): In => facts(own, count)),
      id.map((own): In => containerEvent(1, 'start', { id: own })),
    );
    fc.assert(
      fc.property(fc.array(record), (records) => {
        const expected = records.map((one, i) => {
          if (one.kind !== 'docker-event') return undefined;
          const last = records
            .slice(0, i)
            .findLast(
              (before): before is Facts => before.kind !== 'docker-event' && before.container.id === one.id,
            );
          return last && attached(last.container.id, last.restartCount);
        });
        expect(factsOf(records)).to.deep.equal(expected);
      }),
    );
  });

  it('refuses options that cannot be', () => {
    expect(() => enrich({ labels: 'team' } as never)).to.throw(
      PipelineError,
      'enrich: labels must be a list of texts, not "team"',
    );
  });
});
