import { expect } from 'chai';
import { dockerEngine } from '../../src/engine/engine.ts';
import type { CadvisorEvent } from '../../src/records/cadvisor-event.ts';
import type { Gap } from '../../src/records/gap.ts';
import { startSimulator, type Simulator } from '../../src/simulator/index.ts';
import { cadvisorEvents, type CadvisorEventsOptions } from '../../src/sources/cadvisor-events.ts';
import { recorded } from './cadvisor-events/fixtures.ts';
import {
  cadvisorServer,
  created,
  deleted,
  idOf,
  told,
  type CadvisorServer,
} from './cadvisor-events-server.ts';
import { becomes, hear, stopHearing, type Hearing } from './hear.ts';

const SPECS = JSON.parse(recorded('spec-v0.60.5.json').toString()) as Record<string, object>;
const [WEB] = Object.keys(SPECS) as [string];
const KNOWN = { name: 'h1-map', image: 'bb:1', labels: { tier: 'front' } };

type Heard = Hearing<CadvisorEvent | Gap>;
const namesIn = ({ records }: Heard): readonly (string | undefined)[] =>
  records.map((record) => (record as CadvisorEvent).name);

describe('cadvisorEvents names containers', () => {
  let cadvisor: CadvisorServer;
  let simulator: Simulator | undefined;
  const begin = async (options: CadvisorEventsOptions = {}): Promise<Heard> => {
    const heard = hear(
      cadvisorEvents({ addresses: cadvisor.address, engine: false, labels: ['tier'], ...options }),
    );
    await heard.until(({ facts }) => facts.some(({ type }) => type === 'connected'));
    return heard;
  };
  const withEngine = async (): Promise<Heard> =>
    begin({ engine: dockerEngine({ address: simulator!.host }) });
  const asked = (): number => cadvisor.requests.filter((request) => request.includes(`spec${WEB}`)).length;
  beforeEach(async () => (cadvisor = await cadvisorServer()));
  afterEach(async () => {
    stopHearing();
    await cadvisor.down();
    await simulator?.close();
    simulator = undefined;
  });

  it('as cAdvisor does, asked once, and keeps that when it has forgotten them', async () => {
    const heard = await begin();
    cadvisor.specs = SPECS;
    cadvisor.emit(created(WEB, 1));
    await heard.until(({ records }) => records.length === 1);
    expect(heard.records[0]).to.include({ name: KNOWN.name, image: KNOWN.image });
    expect(heard.records[0]).to.deep.include({ labels: KNOWN.labels });
    cadvisor.specs = {};
    cadvisor.emit(told('oomKill', WEB, 2, { oom: { pid: 7, process_name: 'tail' } }));
    cadvisor.emit(deleted(WEB, 3));
    await heard.until(({ records }) => records.length === 3);
    expect(namesIn(heard)).to.deep.equal(['h1-map', 'h1-map', 'h1-map']);
    expect(asked()).to.equal(1);
  });

  it('that are told of what was kept, by one question', async () => {
    cadvisor.specs = SPECS;
    cadvisor.kept = [created(WEB, 1), created(`/docker/${idOf(1)}`, 2)];
    const heard = await begin();
    await heard.until(({ records }) => records.length === 2);
    expect(namesIn(heard)).to.deep.equal(['h1-map', undefined]);
    expect(cadvisor.requests.filter((request) => request.includes('/spec/'))).to.have.lengthOf(1);
  });

  it('and asks again for one that was killed before it was known', async () => {
    const heard = await begin();
    cadvisor.answers.spec = (response) => response.writeHead(500).end(recorded('spec-gone-v0.60.5.txt'));
    cadvisor.emit(told('oom', WEB, 1));
    await heard.until(({ records }) => records.length === 1);
    delete cadvisor.answers.spec;
    cadvisor.specs = SPECS;
    cadvisor.emit(created(WEB, 1));
    await heard.until(({ records }) => records.length === 2);
    expect(namesIn(heard)).to.deep.equal([undefined, 'h1-map']);
  });

  it('but not other cgroups', async () => {
    const heard = await begin();
    cadvisor.emit(created('/system.slice/ssh.service', 1));
    await heard.until(({ records }) => records.length === 1);
    expect(heard.records[0]).to.not.have.any.keys('name', 'containerId', 'labels');
    expect(cadvisor.requests.filter((request) => request.includes('ssh.service'))).to.deep.equal([]);
  });

  it('whatever their cgroups are called', async () => {
    const odd = `/docker#1 ?/${idOf(1)}`;
    cadvisor.specs = {};
    const heard = await begin();
    cadvisor.specs = { [odd]: SPECS[WEB]! };
    cadvisor.emit(created(odd, 1));
    cadvisor.write(`${JSON.stringify(created(`/x/${idOf(2)}`, 2)).replace('/x/', '/\\ud800/')}\n`);
    await heard.until(({ records }) => records.length === 2);
    expect(namesIn(heard)).to.deep.equal(['h1-map', undefined]);
  });

  it('but does not wait for long, and keeps the order', async () => {
    const heard = await begin();
    cadvisor.answers.spec = () => undefined;
    for (let i = 0; i < 20; i += 1) cadvisor.emit(created(`/docker/${idOf(i)}`, i));
    cadvisor.emit(created('/last', 30));
    await heard.until(({ records }) => records.length === 21);
    expect(heard.records.map((record) => (record as CadvisorEvent).timestamp)).to.deep.equal(
      cadvisor.kept.map((event) => (event as { timestamp: string }).timestamp),
    );
  });

  it('as the engine does, with their new names, also when they are gone', async () => {
    simulator = await startSimulator({ scenario: 'quiet', containers: 0 });
    const labels = { tier: 'front', secret: 'EXAMPLE' };
    const before = simulator.createContainer({ name: 'before', labels });
    const heard = await withEngine();
    cadvisor.specs = SPECS;
    const after = simulator.createContainer({ name: 'after', labels });
    simulator.rename(before, 'renamed');
    simulator.remove(after);
    const published = simulator.eventsPublished;
    await becomes(() => published > 0);
    // Events of two servers have no order: asked until the engine's has come.
    let second = 0;
    await becomes(async () => {
      second += 1;
      const had = heard.records.length;
      cadvisor.emit(deleted(`/docker/${before}`, second));
      cadvisor.emit(deleted(`/system.slice/docker-${after}.scope`, second));
      await heard.until(({ records }) => records.length === had + 2);
      return namesIn(heard).at(-2) === 'renamed' && namesIn(heard).at(-1) === 'after';
    });
    expect(heard.records.at(-1)).to.deep.include({ labels: { tier: 'front' } });
    expect(JSON.stringify(heard.records)).to.not.contain('EXAMPLE');
  });

  it('also without the engine that it was given, and says so once', async () => {
    simulator = await startSimulator({ scenario: 'quiet', containers: 0 });
    await simulator.down();
    cadvisor.specs = SPECS;
    cadvisor.kept = [created(WEB, 1)];
    const heard = await withEngine();
    await heard.until(({ records }) => records.length === 1);
    expect(namesIn(heard)).to.deep.equal(['h1-map']);
    const notices = heard.facts.filter(({ type }) => type === 'notice');
    expect(notices).to.have.lengthOf(1);
    expect(JSON.stringify(notices)).to.contain('names and labels come from cAdvisor alone');
  });
});
