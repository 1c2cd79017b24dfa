import { expect } from 'chai';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { timeReader } from '../../../src/sources/docker-logs/log-times.ts';
import { at, cutAt, frame, readOf } from './lines.ts';

const recorded = (name: string): Buffer =>
  readFileSync(new URL(`../../fixtures/docker/logs-${name}.docker-20.10-cgroupv1.bin`, import.meta.url));

describe('the lines of a log answer', () => {
  const told = (chunks: readonly Buffer[], options: object = {}): readonly string[] =>
    readOf(chunks, options).lines.map(({ text }) => text);

  it('are those that were recorded, of both streams', () => {
    const { lines, bad } = readOf([recorded('multiplexed')]);
    expect(bad).to.equal(0);
    expect(lines.slice(0, 3).map(({ stream, text }) => [stream, text])).to.deep.equal([
      ['stderr', 'err one'],
      ['stdout', 'out one'],
      ['stdout', 'päss 🐳 日本'],
    ]);
    for (const { time } of lines) expect(time).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/);
    expect(told([recorded('tty')], { isTerminal: true })).to.deep.equal(['tty one', 'tty err']);
    expect(told([recorded('longline')])[0]).to.equal('a'.repeat(20_000));
  });

  for (const [name, isTerminal] of [
    ['multiplexed', false],
    ['longline', false],
    ['tty', true],
  ] as const)
    it(`are the same however the bytes come (${name})`, () => {
      const bytes = recorded(name);
      const whole = readOf([bytes], { isTerminal });
      fc.assert(
        fc.property(fc.array(fc.nat({ max: bytes.length }), { maxLength: 12 }), (places) => {
          places.sort((a, b) => a - b);
          expect(readOf(cutAt(bytes, places), { isTerminal })).to.deep.equal(whole);
        }),
      );
    });

  it('are joined of parts with one time, and are unfinished where the next has another', () => {
    const part = 'x'.repeat(16_384);
    const parts = [`${at(1)} ${part}`, `${at(1)} y\n`, `${at(2)} ${part}`, `${at(3)} z\n`].map((text) =>
      frame(text),
    );
    expect(readOf(parts).lines).to.deep.include.members([
      { stream: 'stdout', time: at(1), text: `${part}y`, isUnfinished: false, truncatedBytes: 0 },
      { stream: 'stdout', time: at(2), text: part, isUnfinished: true, truncatedBytes: 0 },
    ]);
    expect(told(parts)).to.have.lengthOf(3);
  });

  it('end with a part that is not full, though it has no newline', () => {
    expect(readOf([frame(`${at(1)} no`)]).lines[0]).to.include({ text: 'no', isUnfinished: true });
    // Told at once: nothing behind it is waited for.
    expect(told([frame(`${at(1)} a`), frame(`${at(1)} b`), frame(`${at(1)} c\n`)])).to.deep.equal([
      'a',
      'b',
      'c',
    ]);
  });

  it('of Podman go on until their newline, whatever the time', () => {
    const parts = ['10:00:00Z a', '10:00:01Z b\n', '10:00:02+02:00 c'].map((text) =>
      frame(`2026-11-27T${text}`),
    );
    const { lines } = readOf(parts, { cutsInFull: false });
    expect(lines.map(({ time, text, isUnfinished }) => [time, text, isUnfinished])).to.deep.equal([
      [at(0), 'ab', false],
      ['2026-11-27T08:00:02.000000000Z', 'c', true],
    ]);
  });

  it('of the two streams do not mix, and two of one time and text are two', () => {
    const part = 'x'.repeat(16_384);
    const parts = [
      frame(`${at(1)} ${part}`),
      frame(`${at(1)} err\n`, 'stderr'),
      frame(`${at(1)} \n`),
      frame(`${at(1)} err\n`, 'stderr'),
    ];
    expect(told(parts)).to.deep.equal(['err', part, 'err']);
  });

  it('keep what a container wrote, but for what is no UTF-8 and a terminal’s carriage return', () => {
    const bytes = Buffer.concat([Buffer.from(`${at(1)} `), Buffer.from([0xff, 0xfe, 0x0a])]);
    expect(told([frame(bytes), frame(`${at(2)} cr\r\n`), frame(`${at(3)} \n`)])).to.deep.equal([
      '\uFFFD\uFFFD',
      'cr\r',
      '',
    ]);
    const raw = Buffer.from(`${at(1)} cr\r\r\n${at(2)} \r\n`);
    for (const places of [[], [34], [35], [34, 35]])
      expect(told(cutAt(raw, places), { isTerminal: true })).to.deep.equal(['cr\r', '']);
  });

  it('of a terminal are joined where the engine put its time in between, as chunks or at one go', () => {
    const part = 'x'.repeat(16_384);
    const chunks = [`${at(1)} ${part}`, `${at(1)} y\r\n`, `${at(2)} no`, `${at(3)} end\r\n`];
    expect(
      told(
        chunks.map((text) => Buffer.from(text)),
        { isTerminal: true },
      ),
    ).to.deep.equal([`${part}y`, 'no', 'end']);
    expect(told([Buffer.from(chunks.slice(0, 2).join(''))], { isTerminal: true })).to.deep.equal([
      `${part}y`,
    ]);
    // What a container wrote itself is not taken for it.
    const own = `${at(1)} at ${at(2)} it said: ${at(1)} x\r\n`;
    expect(told([Buffer.from(own)], { isTerminal: true })).to.deep.equal([`at ${at(2)} it said: ${at(1)} x`]);
  });

  it('are cut where they are too long, between characters, and say by how much', () => {
    const cut = (text: string, maxBytes: number): readonly [string, number] => {
      const { text: kept, truncatedBytes } = readOf([frame(`${at(1)} ${text}\n`)], { maxBytes }).lines[0]!;
      return [kept, truncatedBytes];
    };
    expect(cut('12345', 5)).to.deep.equal(['12345', 0]);
    expect(cut('123456', 5)).to.deep.equal(['12345', 1]);
    expect(cut('123日4', 5)).to.deep.equal(['123', 4]);
    expect(cut('12日4', 5)).to.deep.equal(['12日', 1]);
    expect(cut('🐳', 3)).to.deep.equal(['', 4]);
    const parts = ['a', 'b', 'c'].map((c) => frame(`${at(1)} ${c.repeat(16_384)}`));
    const long = readOf([...parts, frame(`${at(1)} d\n`)], { maxBytes: 20_000 }).lines;
    expect(long.map(({ text, truncatedBytes }) => [text.length, truncatedBytes])).to.deep.equal([
      [20_000, 3 * 16_384 + 1 - 20_000],
    ]);
  });

  it('without a time are refused, and a frame that is none of a log ends it', () => {
    const { lines, bad } = readOf([frame('what\n'), frame(`${at(1)} ok\n`), frame('')]);
    expect([lines.map(({ text }) => text), bad]).to.deep.equal([['ok'], 2]);
    expect(() => readOf([Buffer.from('{"message":"no"}')])).to.throw(/is no log: a frame of \d+ bytes/);
    expect(readOf([Buffer.from('what\r\n')], { isTerminal: true }).bad).to.equal(1);
  });
});

describe('timeReader', () => {
  const read = (text: string): unknown => timeReader()(Buffer.from(text), 0);
  it('reads the times of engines, and nothing else', () => {
    expect(read(`${at(5)} x`)).to.deep.equal({ time: at(5), bytes: 31 });
    expect(read('2026-11-27T10:00:00Z x')).to.deep.equal({ time: at(0), bytes: 21 });
    expect(read('2026-11-27T12:00:00.5+02:00 x')).to.deep.equal({ time: at(500_000_000), bytes: 28 });
    for (const text of ['', 'x', at(5), '2026-13-27T10:00:00Z x', 'x'.repeat(29) + 'Z x'])
      expect(read(text), text).to.equal(undefined);
  });
});
