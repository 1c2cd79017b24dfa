import { expect } from 'chai';
import { checkOptions, positive, required, shown, texts } from '../../src/core/check-options.ts';
import { PipelineError } from '../../src/core/errors.ts';

interface Options {
  readonly path: string;
  readonly everyMs?: number;
  readonly names?: readonly string[];
  readonly engine?: unknown;
}

function refusal(options: unknown): string {
  try {
    checkOptions('reader', options as Options, {
      path: (value) => typeof value === 'string' || 'a path',
      everyMs: positive,
      names: texts,
      engine: 'any',
    });
  } catch (error) {
    expect(error).to.be.instanceOf(PipelineError).with.property('code', 'CONFIG_INVALID');
    return (error as Error).message;
  }
  return 'accepted';
}

describe('checkOptions', () => {
  it('takes what is right, absent or undefined', () => {
    expect(refusal({ path: 'x', everyMs: 0.5, names: ['a'], engine: () => 1 })).to.equal('accepted');
    expect(refusal({ path: 'x', everyMs: undefined, names: [] })).to.equal('accepted');
    expect(refusal({})).to.equal('accepted');
  });

  it('asks for an option that has no default', () => {
    const reader = (options: object): void =>
      checkOptions('reader', options as { everyMs: number }, { everyMs: required(positive) });
    expect(() => reader({ everyMs: 1 })).not.to.throw();
    for (const options of [{}, { everyMs: undefined }])
      expect(() => reader(options)).to.throw('reader: everyMs is missing: it must be a number above 0');
    expect(() => reader({ everyMs: 0 })).to.throw('reader: everyMs must be a number above 0, not 0');
  });

  it('says which option is wrong, what it must be and what it is', () => {
    expect(refusal({ path: 7 })).to.equal('reader: path must be a path, not 7');
    expect(refusal({ everyMs: -1 })).to.equal('reader: everyMs must be a number above 0, not -1');
    expect(refusal({ everyMs: NaN })).to.equal('reader: everyMs must be a number above 0, not NaN');
    expect(refusal({ everyMs: '1s' })).to.equal('reader: everyMs must be a number above 0, not "1s"');
    expect(refusal({ names: 'web' })).to.equal('reader: names must be a list of texts, not "web"');
    expect(refusal({ names: ['web', 1] })).to.equal('reader: names must be a list of texts, not ["web",1]');
  });

  it('says which options there are when one is unknown', () => {
    expect(refusal({ pth: 'x' })).to.equal(
      'reader: there is no option "pth"; it has path, everyMs, names, engine',
    );
  });

  it('knows no options by what every object has', () => {
    expect(refusal({ toString: 1 })).to.match(/no option "toString"/);
    expect(refusal({ constructor: 1 })).to.match(/no option "constructor"/);
    expect(refusal(JSON.parse('{ "__proto__": 1 }'))).to.match(/no option "__proto__"/);
  });

  it('refuses what is no object of options', () => {
    expect(refusal(null)).to.equal('reader: its options must be an object, not null');
    expect(refusal('path')).to.equal('reader: its options must be an object, not "path"');
    expect(refusal(() => 1)).to.equal('reader: its options must be an object, not a function');
  });
});

describe('shown', () => {
  it('shows every value, also those that have no JSON text', () => {
    const circular: { self?: unknown } = {};
    circular.self = circular;
    expect(
      [undefined, null, true, 1.5, Infinity, 3n, 'a "b"', Symbol('s'), circular].map(shown),
    ).to.deep.equal([
      ...['undefined', 'null', 'true', '1.5', 'Infinity', '3n', '"a \\"b\\""', 'Symbol(s)'],
      'an object without a JSON text',
    ]);
    expect(shown({ a: 1, b: [NaN, 2n, () => 1] })).to.equal('{"a":1,"b":["NaN","2n","a function"]}');
  });
});
