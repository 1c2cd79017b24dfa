import { expect } from 'chai';
import { filter, Subject } from 'rxjs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { onFact } from '../../src/core/facts.ts';
import { pipeline } from '../../src/core/pipeline.ts';
import { runPipeline } from '../../src/core/run.ts';
import { withShared } from '../../src/core/shared.ts';
import type { PagePipelines, PageState } from '../../src/records/page-state.ts';
import { readPage } from '../../src/sinks/live-page/files.ts';
import { livePage } from '../../src/sinks/live-page.ts';
import type { LivePageOptions } from '../../src/sinks/live-page.ts';
import { ROOT } from '../cli/program.ts';
import { listen, stopListening } from '../contracts/listen.ts';
import type { Listening } from '../contracts/listen.ts';
import { sinkContract } from '../contracts/sink-contract.ts';
import { released, resources } from '../contracts/resources.ts';
import { ask } from '../http/asking.ts';
import { at, event, facts, reading } from '../web/records.ts';

const FREE = { listen: '127.0.0.1:0' };

describe('livePage', () => {
  before(function () {
    this.timeout(120_000);
    execFileSync(process.execPath, [join(ROOT, 'scripts/setup.mjs')], { stdio: 'pipe' });
  });
  afterEach(stopListening);

  sinkContract('livePage', () => ({ make: () => livePage(FREE) }), { hasQueue: false });

  interface Open {
    readonly url: string;
    readonly input: Subject<unknown>;
    readonly heard: Listening;
    readonly state: () => Promise<PageState>;
  }
  const open = async (options: LivePageOptions = {}): Promise<Open> => {
    const input = new Subject<unknown>();
    const heard = withShared(() => listen(livePage({ ...FREE, ...options }), input));
    const { target: url } = await heard.first('opened');
    const state = async (): Promise<PageState> =>
      JSON.parse((await ask(`${url}api/state`)).body) as PageState;
    return { url, input, heard, state };
  };

  it('takes every record at once, of any kind, and counts it', async () => {
    const { input, heard } = await open();
    for (const record of [facts('a'), undefined, 5, { kind: 'other' }, event('a', 'start', 0)])
      input.next(record);
    input.complete();
    const { ledger, signals } = await heard.end;
    expect(ledger).to.deep.include({ received: 5, delivered: 5, inFlight: 0, rejected: {}, dropped: {} });
    expect(signals.map(({ type }) => type)).to.deep.equal(['open', 'opened', 'delivered']);
  });

  for (const how of ['completes', 'fails', 'is unsubscribed'] as const)
    it(`lets go of everything when its input ${how}`, async () => {
      const before = await resources();
      const { input, heard, url } = await open();
      input.next(facts('a'));
      expect((await ask(url)).status).to.equal(200);
      if (how === 'completes') {
        input.complete();
        await heard.end;
      } else if (how === 'fails') {
        const error = new Error('an operator has failed');
        input.error(error);
        expect(await heard.end.catch((reason: unknown) => reason)).to.equal(error);
      } else heard.stop();
      await released(before);
    });

  it('serves the page, which asks nobody else and runs no script of others', async () => {
    const { url } = await open({ feed: '/live-feed' });
    expect(url).to.match(/^http:\/\/127\.0\.0\.1:\d+\/live\/$/);
    const { status, headers, body } = await ask(url);
    expect([status, headers['content-type']]).to.deep.equal([200, 'text/html; charset=utf-8']);
    expect(body)
      .to.contain('data-feed="/live-feed"')
      .and.not.match(/<script>|<style|https?:\/\//);
    expect(headers['content-security-policy']).to.contain(
      "default-src 'none'; script-src 'self'; style-src 'self'",
    );
    expect(headers['content-security-policy']).not.to.contain('unsafe');
    expect((await ask(url.slice(0, -1))).headers['location']).to.equal('/live/');
    for (const [, name] of body.matchAll(/(?:src|href)="\.\/([^"]+)"/g)) {
      const file = await ask(url + name!);
      expect([file.status, file.headers['x-content-type-options']], name).to.deep.equal([200, 'nosniff']);
    }
    for (const wrong of ['nothing.js', '..%2findex.html', '../package.json', 'api/nothing'])
      expect((await ask(url + wrong)).status, wrong).to.equal(404);
    expect((await ask(url, { method: 'POST' })).status).to.equal(405);
  });

  it('tells a page that begins the newest of each container, and the last that happened', async () => {
    const { input, state } = await open({ events: 2 });
    input.next(facts('a', { restartCount: 1 }));
    input.next(facts('a', { restartCount: 2, time: at(1) }));
    input.next(facts('gone'));
    input.next(reading('gone', 1, {}));
    input.next(facts('gone', { state: 'removed' }));
    input.next(reading('a', 1, { cpuPercent: 1 }));
    input.next(reading('a', 2, { cpuPercent: 2 }));
    for (const action of ['create', 'start', 'exec_start: sh', 'die']) input.next(event('a', action, 3));
    const { containers, readings, happenings } = await state();
    expect(containers).to.deep.equal([facts('a', { restartCount: 2, time: at(1) })]);
    expect(readings).to.deep.equal([{ host: 'h', id: 'id-of-a', time: at(2), derived: { cpuPercent: 2 } }]);
    expect(happenings).to.deep.equal([event('a', 'start', 3), event('a', 'die', 3)]);
  });

  it('tells what passed each stage of all pipelines of the process', async () => {
    const input = new Subject<number>();
    const stopping = new AbortController();
    const opened = new Promise<string>((resolve) => {
      const deafen = onFact((fact) => {
        if (fact.type !== 'opened') return;
        deafen();
        resolve(fact.target);
      });
    });
    const odd = filter((value: number) => value % 2 === 1);
    const run = runPipeline(pipeline('odd', input, odd, livePage<number>(FREE)), { stop: stopping.signal });
    const url = await opened;
    for (const value of [1, 2, 3]) input.next(value);
    const answer = JSON.parse((await ask(`${url}api/pipelines`)).body) as PagePipelines;
    stopping.abort();
    await run.done;
    expect(answer.atMs).to.be.a('number');
    expect(answer.pipelines.map(({ name, state }) => [name, state])).to.deep.equal([['odd', 'running']]);
    const none = { inFlight: 0, dropped: 0, rejected: 0, retries: 0 };
    const [source, operator, sink] = answer.pipelines[0]!.stages;
    expect(source).to.deep.include({ ...none, kind: 'source', received: 3, delivered: 3, gaps: 0 });
    expect(operator).to.deep.include({ ...none, kind: 'operator', received: 3, delivered: 2 });
    expect(sink).to.deep.include({ ...none, kind: 'sink', name: 'livePage', delivered: 2, stalled: false });
  });

  it('gives away nothing without the token, where there is one', async () => {
    const { url } = await open({ token: 'open-sesame' });
    const statuses = (suffix: string, headers = {}): Promise<readonly number[]> =>
      Promise.all(
        ['state', 'pipelines'].map(
          async (name) => (await ask(`${url}api/${name}${suffix}`, { headers })).status,
        ),
      );
    expect(await statuses('')).to.deep.equal([401, 401]);
    expect(await statuses('', { Authorization: 'Bearer open-sesame' })).to.deep.equal([200, 200]);
    expect(await statuses('?token=open-sesame')).to.deep.equal([200, 200]);
    expect(await statuses('?token=open-sesame', { Origin: 'http://evil.example' })).to.deep.equal([403, 403]);
  });

  it('lets other machines in only with a token, or where it is told so', () => {
    expect(() => livePage({ listen: '0.0.0.0:9808' })).to.throw('give it a token, or insecure: true');
    livePage({ listen: '0.0.0.0:9808', token: 'open-sesame' });
    livePage({ listen: '0.0.0.0:9808', insecure: true });
    for (const wrong of [
      { path: 'live' },
      { path: '/live/' },
      { feed: '/a?b' },
      { token: 'short' },
      { events: 0 },
    ])
      expect(() => livePage(wrong), JSON.stringify(wrong)).to.throw('livePage: ');
    expect(() => livePage({ nothing: 1 } as never)).to.throw('there is no option "nothing"');
  });

  it('says so where the page is not built', async () => {
    const error = await readPage('/nonexistent').catch((reason: unknown) => reason);
    expect(error).to.include({ code: 'SINK_REFUSED' });
    expect((error as Error).message).to.contain('npm run build');
  });
});
