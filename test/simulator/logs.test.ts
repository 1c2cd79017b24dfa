import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { expect } from 'chai';
import type { ContainerSpec, Simulator } from '../../src/simulator/index.ts';
import { ask, dockerOf, simulators } from './support.ts';

interface Frame {
  readonly type: number;
  readonly text: string;
}

const frames = (bytes: Buffer): Frame[] => {
  const found: Frame[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = bytes.readUInt32BE(at + 4);
    found.push({ type: bytes[at]!, text: bytes.subarray(at + 8, at + 8 + length).toString() });
    at += 8 + length;
  }
  return found;
};

/** The whole body as bytes, and the content type. */
const fetch = (simulator: Simulator, query: string): Promise<{ bytes: Buffer; type: string | undefined }> =>
  new Promise((resolve, reject) => {
    const path = `/containers/c/logs?${query}`;
    request({ socketPath: simulator.socketPath, path, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('end', () =>
        resolve({ bytes: Buffer.concat(chunks), type: response.headers['content-type'] }),
      );
    })
      .once('error', reject)
      .end();
  });

const recordedLog = (name: string): Buffer =>
  readFileSync(new URL(`../fixtures/docker/logs-${name}.docker-20.10-cgroupv1.bin`, import.meta.url));

const stamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z /;

describe('the simulated engine gives logs', () => {
  const start = simulators();

  const printing = async (
    lines: readonly string[],
    spec: Partial<ContainerSpec> = {},
  ): Promise<Simulator> => {
    const simulator = await start();
    simulator.start(simulator.createContainer({ name: 'c', ...spec }));
    for (const line of lines) simulator.log('c', line, line.startsWith('err') ? 'stderr' : 'stdout');
    return simulator;
  };

  it('in frames with the stream and the length, as recorded', async () => {
    const simulator = await printing(['err one', 'out one', 'päss 🐳 日本']);
    const { bytes } = await fetch(simulator, 'stdout=1&stderr=1&timestamps=1');
    const recorded = frames(recordedLog('multiplexed')).slice(0, 3);
    const plain = ({ type, text }: Frame): Frame => ({ type, text: text.replace(stamp, 'TIME ') });
    expect(frames(bytes).map(plain)).to.deep.equal(recorded.map(plain));
  });

  it('raw with CRLF where there is a terminal, as recorded', async () => {
    const simulator = await printing(['tty one', 'tty err'], { tty: true });
    const { bytes } = await fetch(simulator, 'stdout=1&stderr=1&timestamps=1');
    const plain = (text: string): string => text.replace(new RegExp(stamp, 'gm'), 'TIME ');
    expect(plain(bytes.toString())).to.equal(plain(recordedLog('tty').toString()));
  });

  it('long lines in several frames with one time, as recorded', async () => {
    const recorded = frames(recordedLog('longline'));
    const simulator = await printing(['a'.repeat(20_000)]);
    const told = frames((await fetch(simulator, 'stdout=1&timestamps=1')).bytes);
    expect(told.map(({ text }) => text.length)).to.deep.equal(
      recorded.slice(0, 2).map(({ text }) => text.length),
    );
    expect(stamp.exec(told[0]!.text)![0]).to.equal(stamp.exec(told[1]!.text)![0]);
    expect(told.map(({ text }) => text.endsWith('\n'))).to.deep.equal([false, true]);
  });

  it('of one stream, the last lines, and from a time on, inclusive to the nanosecond', async () => {
    const simulator = await printing(['one', 'err two', 'three']);
    const texts = async (query: string): Promise<string[]> =>
      frames((await fetch(simulator, query)).bytes).map(({ text }) => text);
    expect(await texts('stdout=1')).to.deep.equal(['one\n', 'three\n']);
    expect(await texts('stderr=1')).to.deep.equal(['err two\n']);
    expect(await texts('stdout=1&stderr=1&tail=2')).to.deep.equal(['err two\n', 'three\n']);
    expect(await texts('stdout=1&tail=0')).to.deep.equal([]);
    expect(await texts('stdout=1&tail=all')).to.have.length(2);
    const [, second] = await texts('stdout=1&stderr=1&timestamps=1');
    const [time] = second!.split(' ');
    const since = `${Math.floor(Date.parse(time!) / 1000)}.${/\.(\d{9})Z/.exec(time!)![1]!}`;
    expect(await texts(`stdout=1&stderr=1&since=${since}`)).to.deep.equal(['err two\n', 'three\n']);
    expect(await texts(`stdout=1&stderr=1&until=${since}`)).to.deep.equal(['one\n', 'err two\n']);
  });

  it('as they come, until the container stops', async () => {
    const simulator = await printing(['before']);
    const stream = await dockerOf(simulator)
      .getContainer('c')
      .logs({ follow: true, stdout: true, stderr: true });
    const chunks: Buffer[] = [];
    const ended = new Promise((resolve) =>
      stream.on('data', (chunk: Buffer) => chunks.push(chunk)).once('end', resolve),
    );
    simulator.log('c', 'after');
    simulator.log('c', 'err last', 'stderr');
    simulator.stop('c');
    await ended;
    expect(frames(Buffer.concat(chunks))).to.deep.equal([
      { type: 1, text: 'before\n' },
      { type: 1, text: 'after\n' },
      { type: 2, text: 'err last\n' },
    ]);
  });

  it('ended at once for a container that does not run', async () => {
    const simulator = await printing(['last words']);
    simulator.die('c', 1);
    const { bytes } = await fetch(simulator, 'stdout=1&follow=1');
    expect(frames(bytes)).to.deep.equal([{ type: 1, text: 'last words\n' }]);
  });

  it('and their content type from API 1.42 on', async () => {
    const simulator = await printing([]);
    expect((await fetch(simulator, 'stdout=1')).type).to.equal('application/vnd.docker.multiplexed-stream');
    const old = await start({ apiVersion: '1.41' });
    old.createContainer({ name: 'c' });
    expect((await fetch(old, 'stdout=1')).type).to.equal(undefined);
  });

  it('only if a stream is chosen', async () => {
    const { status, body } = await ask(await printing([]), '/containers/c/logs');
    expect([status, body]).to.deep.equal([
      400,
      '{"message":"Bad parameters: you must choose at least one stream"}\n',
    ]);
  });

  it('of the last thousand lines only', async () => {
    const simulator = await printing(Array.from({ length: 1005 }, (_, i) => `line ${i}`));
    const told = frames((await fetch(simulator, 'stdout=1')).bytes);
    expect([told.length, told[0]!.text]).to.deep.equal([1000, 'line 5\n']);
  });
});
