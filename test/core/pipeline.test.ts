import { expect } from 'chai';
import { lastValueFrom, map, merge, NEVER, of, pipe, toArray } from 'rxjs';
import { defineSource } from '../../src/core/define-source.ts';
import { PipelineError } from '../../src/core/errors.ts';
import { from, isPipeline, pipeline } from '../../src/core/pipeline.ts';
import { sinkOf } from './sinks.ts';

const sink = sinkOf();

function refusal(make: () => unknown): string {
  try {
    make();
  } catch (error) {
    expect(error).to.be.instanceOf(PipelineError).with.property('code', 'CONFIG_INVALID');
    return (error as Error).message;
  }
  return 'accepted';
}

/** As a file without types calls it. */
const untyped = (...args: readonly unknown[]): string =>
  refusal(() => (pipeline as unknown as (...args: readonly unknown[]) => unknown)(...args));

describe('pipeline', () => {
  it('is a list of stages under a name', () => {
    const source = of(1);
    const double = map((n: number) => n * 2);
    const branch = pipe(double, sink);
    expect(pipeline('doubles', source, double, double, [sink, branch])).to.deep.equal({
      name: 'doubles',
      sources: [source],
      operators: [double, double],
      sinks: [sink, branch],
    });
    expect(pipeline('plain', source, sink)).to.deep.include({ operators: [], sinks: [sink] });
  });

  it('opens nothing', () => {
    const source = defineSource<number>({ name: 'numbers', open: () => expect.fail('opened') });
    const open = (): never => expect.fail('opened');
    pipeline(
      'idle',
      source,
      map((n) => n),
      sinkOf({ open }),
    );
  });

  it('refuses a name that is none', () => {
    for (const name of ['stats', 'a.b-c_D9']) expect(untyped(name, NEVER, sink)).to.equal('accepted');
    for (const name of ['', 'a b', 'a/b', 'é', '\n', 'a\n'])
      expect(untyped(name, NEVER, sink)).to.equal(
        `pipeline: name ${JSON.stringify(name)} must be of letters, digits, '_', '-' and '.'`,
      );
    expect(untyped(undefined, NEVER, sink)).to.match(/^pipeline: name undefined must be/);
    expect(untyped(7n, NEVER, sink)).to.match(/^pipeline: name 7n must be/);
    expect(untyped(NEVER, sink)).to.match(/^pipeline: name .* must be/);
  });

  it('refuses a source that is none', () => {
    for (const source of [undefined, null, sink, {}, [of(1)], 'dockerEvents'])
      expect(untyped('x', source, sink)).to.equal(
        'pipeline x: its second argument must be a source (an Observable)',
      );
  });

  it('refuses to be without a sink', () => {
    expect(untyped('x', NEVER)).to.equal('pipeline x: it has no sink');
    expect(untyped('x', NEVER, [])).to.equal('pipeline x: the list of sinks is empty');
  });

  it('says which stage is neither an operator nor a sink', () => {
    const wrong = (stage: number): string => `pipeline x: stage ${stage} is neither an operator nor a sink`;
    expect(untyped('x', NEVER, of(1), sink)).to.equal(wrong(2));
    expect(untyped('x', NEVER, map(String), undefined, sink)).to.equal(wrong(3));
    expect(untyped('x', NEVER, [sink], sink)).to.equal(wrong(2));
    expect(untyped('x', NEVER, [sink, 'file'])).to.equal(wrong(3));
    expect(untyped('x', NEVER, map(String), {})).to.equal(wrong(3));
  });
});

describe('from', () => {
  it('is all its sources as one', async () => {
    expect(await lastValueFrom(from(of(1, 2), of('a')).pipe(toArray()))).to.deep.equal([1, 2, 'a']);
  });

  it('gives a pipeline each source of its own, also from within another', () => {
    const [a, b, c, d] = [of(1), of(2), of(3), of(4)];
    const { sources } = pipeline('nested', from(from(a, b), from(c), d), sink);
    expect(sources).to.have.length(4);
    [a, b, c, d].forEach((source, i) => expect(sources[i]).to.equal(source));
  });

  it('leaves a single source as it was', async () => {
    const source = of(1);
    expect(await lastValueFrom(merge(from(source), from(source)).pipe(toArray()))).to.deep.equal([1, 1]);
    expect(Reflect.ownKeys(source)).to.deep.equal(Reflect.ownKeys(of(1)));
  });

  it('refuses to be without a source, and what is none', () => {
    const message = 'from: give one source or more, each an Observable';
    expect(refusal(() => from())).to.equal(message);
    expect(refusal(() => from(of(1), sink as never))).to.equal(message);
    expect(refusal(() => from(undefined as never))).to.equal(message);
  });
});

describe('isPipeline', () => {
  it('tells a pipeline from what looks like one', () => {
    const real = pipeline('real', NEVER, sink);
    expect(isPipeline(real)).to.equal(true);
    for (const other of [{ ...real }, null, undefined, 'real', () => real, [real], NEVER])
      expect(isPipeline(other)).to.equal(false);
  });

  it('knows a pipeline of another copy of the package', () => {
    const other = Object.defineProperty({}, Symbol.for('dockrx.pipeline'), { value: true });
    expect(isPipeline(other)).to.equal(true);
  });
});
