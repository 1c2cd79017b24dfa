import { expect } from 'chai';
import type { RecordFrame } from '../../src/records/feed-frames.ts';
import { endClients, refused, socketClient } from '../feed/socket-client.ts';
import { becomes } from '../sources/hear.ts';
import { SERVES, useKitchen } from './recipe.ts';

describe('cookbook: what is served', () => {
  const kitchen = useKitchen();
  afterEach(endClients);

  it('oom-kills-per-image counts each kill, also over a restart', async () => {
    const engine = await kitchen.simulate();
    const state = { args: ['--state', 'state'] };
    const image = 'registry.example.com/shop/report:1.4.0';
    engine.createContainer({ name: 'one', image });
    engine.createContainer({ name: 'two', image });
    const kill = (name: string): void => {
      engine.start(name);
      engine.oom(name);
    };
    const counted = (text: string): number | undefined =>
      Number(/^oom_kills_total\{.*report:1\.4\.0.*\} (\d+)$/m.exec(text)?.[1]);
    const first = await kitchen.run('oom-kills-per-image', engine, state);
    kill('one');
    kill('two');
    await becomes(async () => counted(await first.get('/metrics')) === 2);
    await first.stop();
    const second = await kitchen.run('oom-kills-per-image', engine, state);
    kill('two');
    await becomes(async () => counted(await second.get('/metrics')) === 3);
    await second.stop();
  });

  it('several-hosts shows the containers of all at one address, and goes on where one is away', async () => {
    const [web, db] = [await kitchen.simulate(), await kitchen.simulate({ seed: 2 })];
    for (const engine of [web, db]) {
      engine.createContainer({ name: 'agent' });
      engine.start('agent');
    }
    const env = { HOSTS: `web-1=${web.host},db-1=${db.host}` };
    const running = await kitchen.run('several-hosts', web, { env });
    const shows = (host: string, name: string): Promise<void> => {
      const line = `^container_memory_bytes\\{.*host="${host}".*name="${name}".*\\} [1-9]`;
      return becomes(async () => new RegExp(line, 'm').test(await running.get('/metrics')));
    };
    await shows('web-1', 'agent');
    await shows('db-1', 'agent');
    await db.down();
    web.createContainer({ name: 'late' });
    web.start('late');
    await shows('web-1', 'late');
    const text = await running.get('/metrics');
    expect(text).to.match(/^container_cpu_seconds_total\{.*host="web-1".*name="late".*\} \d/m);
    expect(text).to.match(/^container_events_total\{action="start",host="web-1"\} \d/m);
    await running.stop();
  });

  it('team-feed shows a team its own containers, to who knows the token', async () => {
    const engine = await kitchen.simulate();
    const running = await kitchen.run('team-feed', engine, {
      env: { TEAM: 'blue', FEED_TOKEN: 'a-long-secret', FEED_JOURNAL: 'journal' },
    });
    await running.program.says(SERVES);
    const url = `ws://${running.url()}/ws`;
    expect(await refused(url)).to.include({ status: 401 });
    const client = await socketClient(`${url}?token=a-long-secret`);
    for (const team of ['red', 'blue']) {
      engine.createContainer({ name: `of-${team}`, labels: { team } });
      engine.start(`of-${team}`);
    }
    const kinds = (): readonly unknown[] => client.records().map(({ record }) => (record as Told).kind);
    await client.until(() => kinds().includes('docker-event') && kinds().includes('container-stats'));
    engine.stop('of-blue');
    await client.until(() => client.records().some(({ record }) => (record as Told).action === 'die'));
    expect(new Set(client.records().map(nameOf))).to.deep.equal(new Set(['of-blue']));
    await running.stop();
  });
});

interface Told {
  readonly kind: string;
  readonly action?: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly container?: { readonly name: string };
}

const nameOf = ({ record }: RecordFrame): string | undefined => {
  const { attributes, container } = record as Told;
  return container?.name ?? attributes?.['name'];
};
