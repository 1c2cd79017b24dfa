import { expect } from 'chai';
import fc from 'fast-check';
import { joined, labelPrinter } from '../../../src/sinks/prometheus/label-text.ts';
import { openMetricsFormat, textFormat } from '../../../src/sinks/prometheus/format.ts';
import { acceptsGzip, formatFor } from '../../../src/sinks/prometheus/negotiation.ts';
import type { Family } from '../../../src/sinks/prometheus/family.ts';
import { rendered } from './metering.ts';

const { print } = labelPrinter({ limit: 200, cut: () => undefined });

describe('printed labels', () => {
  it('escape what would end a value', () => {
    expect(print({ a: 'x"y\\z\n', b: '\r\t€' })).to.equal('a="x\\"y\\\\z\\n",b="\r\t€"');
  });

  it('have a sign in place of what has no UTF-8 or would end the text', () => {
    expect(print({ a: '\ud800x\udc00\0', b: '\u{1F433}' })).to.equal('a="\ufffdx\ufffd\ufffd",b="\u{1F433}"');
  });

  it('can be read back, and are valid UTF-8', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (value) => {
        const text = print({ a: value });
        expect(Buffer.from(text).toString()).to.equal(text);
        expect(text).to.not.include('\n');
        const read = /^a="((?:[^"\\\n]|\\[\\"n])*)"$/.exec(text)![1]!;
        expect(read.replace(/\\(.)/g, (_, c: string) => (c === 'n' ? '\n' : c))).to.equal(
          value.replaceAll('\0', '\ufffd').slice(0, 200),
        );
      }),
    );
  });

  it('stand side by side', () => {
    expect([
      joined('', ''),
      joined('a="1"', ''),
      joined('', 'b="2"'),
      joined('a="1"', 'b="2"'),
    ]).to.deep.equal(['', 'a="1"', 'b="2"', 'a="1",b="2"']);
  });
});

describe('the text of families', () => {
  const odd: Family = {
    name: 'x',
    help: 'a "b" \\ c\nd',
    type: 'gauge',
    series: () => [undefined, { labels: '', value: -0 }],
  };

  it('escapes help by the rules of its format', async () => {
    expect(await rendered([odd], textFormat)).to.equal('# HELP x a "b" \\\\ c\\nd\n# TYPE x gauge\nx 0\n');
    expect(await rendered([odd], openMetricsFormat)).to.equal(
      '# TYPE x gauge\n# HELP x a \\"b\\" \\\\ c\\nd\nx 0\n# EOF\n',
    );
  });

  it('is there also where nothing has been counted', async () => {
    const empty: Family = { name: 'x_total', help: 'X.', type: 'counter', series: () => [] };
    expect(await rendered([empty], textFormat)).to.equal('# HELP x_total X.\n# TYPE x_total counter\n');
    expect(await rendered([], openMetricsFormat)).to.equal('# EOF\n');
  });

  it('lets the event loop go on between its series, and never within one', async () => {
    // Each takes a millisecond: without a pause they would hold it for half a second.
    const slow = function* (): Generator<{ labels: string; value: number }> {
      for (let n = 0; n < 512; n += 1) {
        const until = performance.now() + 1;
        while (performance.now() < until);
        yield { labels: `n="${n}"`, value: n };
      }
    };
    let turns = 0;
    let turn = setImmediate(function count() {
      turns += 1;
      turn = setImmediate(count);
    });
    const text = await rendered([{ ...odd, series: slow }], textFormat);
    clearImmediate(turn);
    expect(turns).to.be.at.least(512 / 64 - 1);
    expect(text.split('\n')).to.have.length(2 + 512 + 1);
  });
});

describe('the format of an answer', () => {
  const PROMETHEUS_2 =
    'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';
  const PROMETHEUS_3 =
    'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1';
  for (const [accept, format] of [
    [undefined, textFormat],
    ['', textFormat],
    ['*/*', textFormat],
    ['text/html,application/xhtml+xml,*/*;q=0.8', textFormat],
    ['text/plain', textFormat],
    [PROMETHEUS_2, openMetricsFormat],
    [PROMETHEUS_3, openMetricsFormat],
    ['application/openmetrics-text', openMetricsFormat],
    ['Application/OpenMetrics-Text; Version="1.0.0"', openMetricsFormat],
    ['application/openmetrics-text;version=0.0.1', textFormat],
    ['application/openmetrics-text;q=0', textFormat],
    ['application/openmetrics-text;q=x', textFormat],
    ['text/plain;version=0.0.4, application/openmetrics-text;version=1.0.0;q=0.5', textFormat],
  ] as const)
    it(`is ${format === textFormat ? 'text' : 'OpenMetrics'} for ${accept ?? 'no header'}`, () => {
      expect(formatFor(accept)).to.equal(format);
    });

  for (const [encodings, accepted] of [
    [undefined, false],
    ['identity', false],
    ['gzip', true],
    ['deflate, GZIP;q=0.5', true],
    ['gzip;q=0, *', false],
    ['*', true],
  ] as const)
    it(`is ${accepted ? '' : 'not '}compressed for ${encodings ?? 'no header'}`, () => {
      expect(acceptsGzip(encodings)).to.equal(accepted);
    });
});
