import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { expect } from 'chai';
import { concat, from, NEVER } from 'rxjs';
import { checkpointFile } from '../../src/checkpoints/checkpoint-file.ts';
import { onFact, publish } from '../../src/core/facts.ts';
import { pipeline } from '../../src/core/pipeline.ts';
import { runPipeline } from '../../src/core/run.ts';
import { cadvisorEventParser } from '../../src/records/cadvisor-event.ts';
import type { CgroupEvent } from '../../src/records/cgroup-event.ts';
import type { OomKill } from '../../src/records/oom-kill.ts';
import { cadvisorExposition, type CadvisorExpositionOptions } from '../../src/sinks/cadvisor-exposition.ts';
import { listen, stopListening } from '../contracts/listen.ts';
import { released, resources } from '../contracts/resources.ts';
import { useTempFolder } from '../engine/temp-folder.ts';
import { ask, type Answer } from '../http/asking.ts';
import { becomes } from '../sources/hear.ts';
import { cadvisorStub, type CadvisorStub } from './cadvisor-exposition/cadvisor-stub.ts';
import { goldenPair, goldenPairs, HEAD } from './cadvisor-exposition/golden.ts';

const TIME = '2026-11-27T19:00:00.000Z';
const ID = '0123456789abcdef'.repeat(4);

describe('cadvisorExposition', () => {
  let stub: CadvisorStub;
  beforeEach(async () => (stub = await cadvisorStub('[]')));
  afterEach(async () => {
    stopListening();
    await stub.close();
  });
  const sink = (options: CadvisorExpositionOptions = {}) =>
    cadvisorExposition({ listen: '127.0.0.1:0', targets: [stub.address], ...options });
  /** Says what the source does when it has read all that a cAdvisor keeps. */
  const connected = (to: string): void =>
    publish({ pipeline: 'test', stage: 'cadvisorEvents', type: 'connected', to, simulated: false });
  const serving = async (records: readonly unknown[], options: CadvisorExpositionOptions = {}) => {
    const heard = listen(sink(options), concat(from(records), NEVER));
    const { target } = await heard.first('opened');
    return { url: target, ask: (path: string): Promise<Answer> => ask(`${target}${path}`), heard };
  };
  const recordsOf = (body: string, host: string): readonly unknown[] => {
    const parse = cadvisorEventParser(host);
    return ((JSON.parse(body) ?? []) as readonly unknown[]).map((event) => parse(event, TIME));
  };

  describe('answers as the ancestor did', () => {
    for (const { name, body, status, answer } of goldenPairs)
      if (answer.status === 200 && status === 200)
        it(`to ${name}`, async () => {
          stub.become(body);
          const served = await serving(recordsOf(body, stub.host));
          connected(stub.host);
          const { status: code, headers, body: text } = await served.ask(`/proxy/${stub.host}`);
          expect(code).to.equal(200);
          expect(headers['content-type']).to.equal(answer.type);
          // Where there is nothing yet the ancestor says nothing at all.
          expect(text).to.equal(answer.text === '' ? HEAD : answer.text);
        });

    it('whichever way it is asked', async () => {
      const pair = goldenPair('readme');
      const served = await serving(recordsOf(pair.body, stub.host));
      connected(stub.host);
      for (const path of [
        `/proxy/${stub.host}`,
        `/proxy/http://${stub.host}`,
        `/proxy?url=${stub.host}`,
        `/proxy/?url=http://${stub.host}/base?foo=bar`,
        `/proxy/${stub.host}/any/path`,
        '/proxy',
        '/proxy/',
      ])
        expect((await served.ask(path)).body, path).to.equal(pair.answer.text);
    });
  });

  describe('errs where a target does', () => {
    for (const { name, body, status, answer } of goldenPairs)
      if (name !== 'hang' && (answer.status !== 200 || status !== 200))
        it(`(${name})`, async () => {
          stub.become(body, status);
          const served = await serving([]);
          connected(stub.host);
          const { status: code, body: text } = await served.ask(`/proxy/${stub.host}`);
          expect(code).to.equal(502);
          expect(text).to.match(/^Cannot read the cAdvisor at 127\.0\.0\.1:\d+: it answered .*\.\n$/);
        });

    it('(hang)', async () => {
      const silent = await cadvisorStub(undefined);
      const served = await serving([], { targets: [silent.address] });
      const { status, body } = await served.ask('/proxy');
      expect([status, body]).to.deep.equal([
        502,
        `Cannot read the cAdvisor at ${silent.host}: it did not answer within 5 s.\n`,
      ]);
      await silent.close();
    });

    it('and as long as its events have not been read since the start', async () => {
      const served = await serving([]);
      const before = await served.ask('/proxy');
      expect(before.status).to.equal(502);
      expect(before.body).to.contain('have not been read yet');
      connected(stub.host);
      expect((await served.ask('/proxy')).body).to.equal(HEAD);
    });
  });

  it('asks no other host than its targets, whichever way it is asked', async () => {
    const other = await cadvisorStub('[]');
    const served = await serving([]);
    for (const path of [
      `/proxy/${other.host}`,
      `/proxy?url=${other.host}`,
      `/proxy/http://${stub.host}@${other.host}`,
      `/proxy/169.254.169.254/latest/meta-data`,
    ])
      expect((await served.ask(path)).status, path).to.equal(403);
    expect((await served.ask('/proxy/file:///etc/passwd')).status).to.equal(400);
    expect([...other.requests, ...stub.requests]).to.deep.equal([]);
    await other.close();
  });

  it('asks a target once, however many ask for it at once', async () => {
    const served = await serving([]);
    connected(stub.host);
    const release = stub.hold();
    let arrived = 0;
    const count = (message: unknown): void => {
      const { url } = (message as { readonly request: IncomingMessage }).request;
      if (url === '/proxy') arrived += 1;
    };
    subscribe('http.server.request.start', count);
    const asked = Array.from({ length: 20 }, () => served.ask('/proxy'));
    await becomes(() => arrived === 20);
    unsubscribe('http.server.request.start', count);
    release();
    expect((await Promise.all(asked)).map(({ status }) => status)).to.deep.equal(Array(20).fill(200));
    expect(stub.requests).to.have.lengthOf(1);
  });

  it('has no target where it is given none', async () => {
    const served = await serving([], { targets: [] });
    for (const path of ['/proxy', `/proxy/${stub.host}`])
      expect((await served.ask(path)).status).to.equal(403);
  });

  it('keeps cAdvisors and this machine apart', async () => {
    const other = await cadvisorStub('[]');
    const [readme, real] = [goldenPair('readme'), goldenPair('real-v0.60.5')];
    const records = [...recordsOf(readme.body, stub.host), ...recordsOf(real.body, other.host)];
    const served = await serving(records, { targets: [stub.address, other.address] });
    connected(stub.host);
    connected(other.host);
    expect((await served.ask(`/proxy/${other.host}`)).body).to.equal(real.answer.text);
    expect((await served.ask(`/proxy/${stub.host}`)).body).to.equal(readme.answer.text);
    expect((await served.ask('/metrics')).body).to.equal(HEAD);
    await other.close();
  });

  it('counts what this machine tells itself', async () => {
    const cgroup = `/docker/${ID}`;
    const event = (action: CgroupEvent['action']): CgroupEvent => ({
      ...{ kind: 'cgroup-event', host: 'here', time: TIME, action, cgroup, containerId: ID, version: 2 },
      ...(action === 'oom' && { oomKills: 3 }),
    });
    const kill = (more: Partial<OomKill>): OomKill => ({
      ...{ kind: 'oom-kill', host: 'here', time: TIME, evidence: ['kernel'] },
      ...more,
    });
    const served = await serving([
      event('create'),
      event('oom'),
      kill({ cgroup, limitCgroup: '/docker', process: 'tail' }),
      kill({ cgroup, process: 'tail' }),
      kill({ evidence: ['docker-oom'] }),
      event('destroy'),
      { kind: 'gap' },
      null,
    ]);
    const { status, body } = await served.ask('/metrics');
    expect(status).to.equal(200);
    expect(body.slice(HEAD.length).replaceAll('cadvisor_container_events_total', '')).to.equal(
      [
        `{event_type="containerCreation",id="${cgroup}",oom_process=""} 1\n`,
        `{event_type="containerDeletion",id="${cgroup}",oom_process=""} 1\n`,
        `{event_type="oom",id="/",oom_process=""} 1\n`,
        `{event_type="oom",id="${cgroup}",oom_process=""} 2\n`,
        `{event_type="oomKill",id="/",oom_process=""} 1\n`,
        `{event_type="oomKill",id="/docker",oom_process="tail"} 1\n`,
        `{event_type="oomKill",id="${cgroup}",oom_process="tail"} 1\n`,
      ].join(''),
    );
  });

  describe('in a run with checkpoints', () => {
    const folder = useTempFolder();

    it('goes on counting where it was', async () => {
      const [readme, doubled] = [goldenPair('readme'), goldenPair('duplicates')];
      const run = async (records: readonly unknown[]): Promise<string> => {
        const input = concat(from(records), NEVER);
        const stop = new AbortController();
        let url = '';
        const deafen = onFact((fact) => {
          if (fact.type === 'opened') url = fact.target;
        });
        const { done, stages } = runPipeline(pipeline('exporter', input, sink()), {
          stop: stop.signal,
          checkpoints: checkpointFile(join(folder(), 'exporter.json')),
        });
        await becomes(() => url !== '' && stages()[0]!.delivered === records.length);
        connected(stub.host);
        const { body } = await ask(`${url}/proxy`);
        stop.abort();
        expect((await done).outcome).to.equal('stopped');
        deafen();
        return body;
      };
      expect(await run(recordsOf(readme.body, stub.host))).to.equal(readme.answer.text);
      expect(await run([])).to.equal(readme.answer.text);
      const last = await run(recordsOf(doubled.body, stub.host));
      expect(last)
        .to.match(/containerCreation".*oom_process=""} 4\n/)
        .and.match(/oom_process="node"} 4\n/);
    });
  });

  it('counts every record in its books, and lets go when they end or are no longer wanted', async () => {
    const before = await resources();
    const { ledger } = await listen(sink(), from([{ kind: 'gap' }, null, 7])).end;
    expect(ledger).to.include({ received: 3, delivered: 3, inFlight: 0 });
    const served = await serving([]);
    await served.ask('/metrics');
    served.heard.stop();
    await released(before);
  });

  it('refuses wrong options by name', () => {
    for (const targets of ['127.0.0.1:80', ['127.0.0.1:80'], ['ftp://x'], ['http://x', 'http://x/y'], [7]])
      expect(() => sink({ targets } as never)).to.throw(
        'cadvisorExposition: targets must be a list of http://',
      );
    expect(() => sink({ listen: '8888' })).to.throw('listen must be HOST:PORT');
    expect(() => sink({ seriesLimit: 0 })).to.throw('seriesLimit');
  });
});
