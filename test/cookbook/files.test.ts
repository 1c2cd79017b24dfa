import { expect } from 'chai';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Simulator } from '../../src/simulator/index.ts';
import { becomes } from '../sources/hear.ts';
import { useKitchen } from './recipe.ts';

const MiB = 1024 ** 2;

describe('cookbook: what ends in a file', () => {
  const kitchen = useKitchen();

  it('top-memory tells the ten largest of each minute', async () => {
    const engine = await kitchen.simulate({ containers: 14 });
    const running = await kitchen.run('top-memory', engine);
    engine.createContainer({ name: 'hungry', load: { ...LOAD, anonBytes: 8_000 * MiB } });
    engine.start('hungry');
    const tops = (): readonly Top[] => kitchen.lines('data/top-memory.ndjson') as readonly Top[];
    const whole = (): Top | undefined => tops().find(({ series }) => series === 15);
    await becomes(() => {
      engine.stepClock(100);
      return whole() !== undefined;
    });
    await running.stop();
    const { start, end, top } = whole()!;
    expect(Date.parse(end) - Date.parse(start)).to.equal(60_000);
    expect(top).to.have.length(10);
    expect(top[0]!.labels.name).to.equal('hungry');
    expect(top[0]!.value).to.be.above(1_000 * MiB);
    const values = top.map(({ value }) => value);
    expect(values).to.deep.equal([...values].sort((a, b) => b - a));
  });

  it('container-lives writes each life once it is over, into a file a day', async () => {
    const engine = await kitchen.simulate();
    engine.createContainer({ name: 'job', image: 'registry.example.com/job:1' });
    const running = await kitchen.run('container-lives', engine);
    const folder = join(kitchen.folder.path, 'data/lives');
    const files = (): readonly string[] => (existsSync(folder) ? readdirSync(folder) : []);
    const lives = (): readonly Life[] =>
      files().flatMap((file) => kitchen.lines(`data/lives/${file}`) as readonly Life[]);
    const job = await untilRead(engine, 'job', lives, ({ readings }) => readings > 1);
    engine.createContainer({ name: 'other' });
    engine.start('other');
    engine.stop('other');
    await becomes(() => lives().at(-1)!.container.name === 'other');
    await running.stop();
    expect(job).to.deep.include({ kind: 'session', exitCode: 137, oomKilled: true });
    expect(job.container).to.include({ name: 'job', image: 'registry.example.com/job:1' });
    expect(job.peakMemoryBytes).to.be.above(0);
    expect(lives().at(-1)).to.include({ exitCode: 0 });
    expect(files()[0]).to.equal(`${lives()[0]!.time.slice(0, 10)}.ndjson`);
  });

  it('image-audit has every pull and removal once, over a kill', async () => {
    const engine = await kitchen.simulate();
    const state = { args: ['--state', 'state'] };
    const happen = (action: string, n: number): void =>
      engine.emit({ type: 'image', action, id: `app:${n}`, attributes: { name: 'app' } });
    const first = await kitchen.run('image-audit', engine, state);
    for (let n = 0; n < 100; n += 1) happen('pull', n);
    happen('save', 0);
    engine.createContainer({ name: 'no-image' });
    await becomes(() => kitchen.lines('data/images.ndjson').length >= 100);
    for (let n = 0; n < 50; n += 1) happen('delete', n);
    first.program.child.kill('SIGKILL');
    await first.program.done;
    for (let n = 50; n < 100; n += 1) happen('delete', n);
    const second = await kitchen.run('image-audit', engine, state);
    await becomes(() => kitchen.lines('data/images.ndjson').length >= 200);
    await second.stop();
    const told = kitchen.lines('data/images.ndjson') as readonly FlatImage[];
    const numbers = Array.from({ length: 100 }, (_, n) => n);
    expect(told.map(({ event_Action: action, event_id: id }) => `${action} ${id}`)).to.deep.equal([
      ...numbers.map((n) => `pull app:${n}`),
      ...numbers.map((n) => `delete app:${n}`),
    ]);
  });

  it('post-mortem tells what went before a death, without secrets', async () => {
    const engine = await kitchen.simulate();
    engine.createContainer({ name: 'victim', memoryLimitBytes: 64 * MiB });
    const running = await kitchen.run('post-mortem', engine);
    const told = (): readonly Incident[] => kitchen.lines('data/post-mortems.ndjson') as readonly Incident[];
    const speak = (): void => engine.log('victim', 'cannot reach postgres://app:hunter2@db/shop');
    const isWhole = ({ readings, lines }: Incident): boolean => readings.length > 1 && lines.length > 0;
    const incident = await untilRead(engine, 'victim', told, isWhole, speak);
    await running.stop();
    expect(incident.container.name).to.equal('victim');
    expect(incident.events.map(({ action }) => action)).to.deep.equal(['oom', 'die']);
    expect(incident.lines.map(({ text }) => text)).to.include(
      'cannot reach postgres://app:[redacted]@db/shop',
    );
  });
});

/** Lets a container run until it is killed, longer each time, until what is told of it shows that it was read before. */
async function untilRead<T>(
  engine: Simulator,
  name: string,
  told: () => readonly T[],
  isRead: (last: T) => boolean,
  live: () => void = () => undefined,
): Promise<T> {
  for (let ms = 500; ; ms *= 2) {
    const before = told().length;
    engine.start(name);
    live();
    await new Promise((resolve) => setTimeout(resolve, ms));
    engine.oom(name);
    await becomes(() => told().length > before);
    const last = told().at(-1)!;
    if (isRead(last)) return last;
  }
}

const LOAD = {
  cpu: 0.1,
  anonBytes: 16 * MiB,
  cacheBytes: 0,
  rxBytesPerSecond: 0,
  txBytesPerSecond: 0,
  readBytesPerSecond: 0,
  writeBytesPerSecond: 0,
  pids: 1,
};

interface Top {
  readonly start: string;
  readonly end: string;
  readonly series: number;
  readonly top: readonly { readonly labels: { readonly name: string }; readonly value: number }[];
}

interface Life {
  readonly time: string;
  readonly container: { readonly name: string; readonly image: string };
  readonly readings: number;
  readonly peakMemoryBytes: number;
}

interface FlatImage {
  readonly event_Action: string;
  readonly event_id: string;
}

interface Incident {
  readonly container: { readonly name: string };
  readonly events: readonly { readonly action: string }[];
  readonly readings: readonly unknown[];
  readonly lines: readonly { readonly text: string }[];
}
