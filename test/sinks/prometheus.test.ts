import { expect } from 'chai';
import { createServer, get } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { createGunzip } from 'node:zlib';
import { concat, EMPTY, from, NEVER, Subject } from 'rxjs';
import type { Observable } from 'rxjs';
import { PipelineError } from '../../src/core/errors.ts';
import { pipeline } from '../../src/core/pipeline.ts';
import { runPipeline } from '../../src/core/run.ts';
import { withShared } from '../../src/core/shared.ts';
import { audit } from '../../src/core/audit.ts';
import { textOf } from '../../src/records/text.ts';
import { prometheus } from '../../src/sinks/prometheus.ts';
import type { PrometheusOptions } from '../../src/sinks/prometheus.ts';
import { counter } from '../../src/sinks/prometheus/counter.ts';
import type { Metric } from '../../src/sinks/prometheus/metric.ts';
import { readings } from '../../src/sinks/prometheus/readings.ts';
import { listen, ofType, stopListening } from '../contracts/listen.ts';
import type { Listening } from '../contracts/listen.ts';
import { released, resources } from '../contracts/resources.ts';
import { sinkContract } from '../contracts/sink-contract.ts';

interface Event {
  readonly action: string;
}

const counted = (name: string): Metric<Event> =>
  counter({ name, help: 'Events.', labels: ({ action }: Event) => ({ action }) });
const events = counted('events_total');
const isEvent = (record: Event): record is Event => 'action' in record;
const start = from([{ action: 'start' }]);

/** A sink on a free port, which has taken the records and stays open. */
function open(records: Observable<Event>, options: Partial<PrometheusOptions<Event>> = {}): Listening {
  const sink = prometheus<Event>({ metrics: [events], listen: '127.0.0.1:0', self: false, ...options });
  return listen(sink as never, concat(records, NEVER));
}

async function scraped(heard: Listening, headers: Readonly<Record<string, string>> = {}): Promise<string> {
  const { target } = await heard.first('opened');
  return (await ask(target, headers)).text;
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

const ask = (url: string, headers: Readonly<Record<string, string>> = {}, method = 'GET'): Promise<Answer> =>
  new Promise((resolve, reject) => {
    get(url, { headers, method, agent: false }, (response) => {
      const body = response.headers['content-encoding'] === 'gzip' ? response.pipe(createGunzip()) : response;
      if (method === 'HEAD') response.resume();
      const read = method === 'HEAD' ? Promise.resolve('') : text(body);
      read.then((text) => resolve({ status: response.statusCode, headers: response.headers, text }), reject);
    }).on('error', reject);
  });

describe('prometheus', () => {
  afterEach(stopListening);

  sinkContract(
    'prometheus',
    () => {
      const seen: unknown[] = [];
      const recording: Metric<unknown> = {
        names: ['seen'],
        open: () => ({
          families: [],
          take(record) {
            textOf(record);
            seen.push(record);
          },
        }),
      };
      return {
        make: () => prometheus({ metrics: [recording], listen: '127.0.0.1:0' }),
        read: () => Promise.resolve(seen),
      };
    },
    { hasQueue: false },
  );

  it('serves what it has counted, as text or as OpenMetrics, compressed or not', async () => {
    const heard = open(from(['start', 'die', 'start'].map((action) => ({ action }))));
    const { target } = await heard.first('opened');
    expect(target).to.match(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
    const plain = await ask(target);
    expect(plain.text).to.equal(
      [
        '# HELP events_total Events.',
        '# TYPE events_total counter',
        'events_total{action="start"} 2',
        'events_total{action="die"} 1\n',
      ].join('\n'),
    );
    expect(plain.headers).to.include({
      'content-type': 'text/plain; version=0.0.4; charset=utf-8',
      vary: 'Accept, Accept-Encoding',
    });
    const other = await ask(target, { accept: 'application/openmetrics-text', 'accept-encoding': 'gzip' });
    expect(other.headers).to.include({
      'content-type': 'application/openmetrics-text; version=1.0.0; charset=utf-8',
      'content-encoding': 'gzip',
    });
    expect(other.text).to.match(
      /^# TYPE events counter\n[^]*events_total\{action="start"\} 2\nevents_created[^]*\n# EOF\n$/,
    );
    const head = await ask(target, {}, 'HEAD');
    expect([head.status, head.headers['content-type']]).to.deep.equal([200, plain.headers['content-type']]);
  });

  it('takes each record at once, and tells what it delivered by turns of the event loop', async () => {
    const input = new Subject<Event>();
    const heard = open(input);
    for (let n = 0; n < 1000; n += 1) input.next({ action: 'a' });
    expect(ofType(heard.signals, 'open')[0]!.ledger).to.include({
      received: 1000,
      delivered: 1000,
      inFlight: 0,
    });
    await new Promise(setImmediate);
    expect(ofType(heard.signals, 'delivered')).to.deep.equal([{ type: 'delivered', count: 1000 }]);
  });

  it('rejects a record that one of its metrics cannot read, and tells the first time', async () => {
    const heard = open(from([{ action: 'a' }, {}, {}] as Event[]), {
      self: true,
      metrics: [
        events,
        counter({ name: 'lengths_total', help: 'x', labels: () => ({}), by: ({ action }) => action.length }),
      ],
    });
    const lines = (await scraped(heard)).split('\n');
    expect(ofType(heard.signals, 'open')[0]!.ledger.rejected).to.deep.equal({ unreadable: 2 });
    expect(ofType(heard.signals, 'notice').map(({ message }) => message)).to.deep.equal([
      "lengths_total could not read a record: Cannot read properties of undefined (reading 'length')",
    ]);
    expect(lines).to.include('dockrx_metric_failures_total{metric="lengths_total"} 2');
    expect(lines).to.include('lengths_total 1');
  });

  it('tells what its limits cost, and of dockrx and its process', async () => {
    const heard = open(from(['a', 'b', 'ccc'].map((action) => ({ action }))), {
      self: true,
      seriesLimit: 1,
      labelLimit: 2,
    });
    const lines = (await scraped(heard)).split('\n');
    for (const line of [
      'dockrx_series_limited_total{metric="events_total"} 2',
      'dockrx_labels_cut_total{metric="events_total"} 1',
    ])
      expect(lines).to.include(line);
    expect(lines.some((line) => line.startsWith('dockrx_build_info{'))).to.equal(true);
    expect(lines.some((line) => line.startsWith('process_cpu_seconds_total '))).to.equal(true);
  });

  it('keeps the books of a run exactly', async () => {
    const run = runPipeline(
      pipeline(
        'p',
        from([{ action: 'a' }, {} as Event]),
        prometheus({ metrics: [events], listen: '127.0.0.1:0', self: false }),
      ),
    );
    const { stages, outcome } = await run.done;
    expect(outcome).to.equal('completed');
    expect(audit(stages)).to.deep.equal([]);
    expect(stages[1]).to.include({ name: 'prometheus', exact: true, received: 2, delivered: 2, inFlight: 0 });
  });

  describe('with another at the same address and path', () => {
    it('is served together with it, until both have ended', async () => {
      await withShared(async () => {
        const before = await resources();
        const one = open(start);
        const other = open(start, { metrics: [counted('others_total')] });
        const { target } = await one.first('opened');
        expect((await other.first('opened')).target).to.equal(target);
        const both = (await ask(target)).text;
        expect(both)
          .to.include('events_total{action="start"} 1')
          .and.include('others_total{action="start"} 1');
        // The one that opened the server goes first.
        one.stop();
        const rest = (await ask(target)).text;
        expect(rest).to.not.include('events_total');
        expect(rest).to.include('others_total{action="start"} 1');
        other.stop();
        await released(before);
      });
    });

    it('fails where both have a metric of the same name', async () => {
      await withShared(async () => {
        const one = open(start);
        await one.first('opened');
        const error: unknown = await open(start).end.catch((reason: unknown) => reason);
        expect(error).to.be.instanceOf(PipelineError).with.property('code', 'CONFIG_INVALID');
        expect((error as Error).message).to.match(/\/metrics: the metric events_total is declared twice/);
        expect(await scraped(one)).to.include('events_total{action="start"} 1');
      });
    });

    it('has paths of its own where they differ', async () => {
      await withShared(async () => {
        const one = open(start);
        const other = open(from([{ action: 'die' }]), { path: '/other/metrics' });
        expect(await scraped(one)).to.not.include('die');
        expect(await scraped(other)).to.include('events_total{action="die"} 1');
      });
    });
  });

  it('fails where another program has its address, also when nothing comes', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const address = `127.0.0.1:${(taken.address() as AddressInfo).port}`;
    const sink = prometheus({ metrics: [events], listen: address, self: false });
    for (const records of [EMPTY, NEVER]) {
      const error: unknown = await listen(sink as never, records).end.catch((reason: unknown) => reason);
      expect(error).to.have.property('code', 'SINK_REFUSED');
    }
    taken.close();
  });

  describe('with many series', () => {
    const many = readings<Event, Event>({
      of: isEvent,
      key: ({ action }) => action,
      labels: ({ action }) => ({ action, rest: 'x'.repeat(150) }),
      metrics: [{ name: 'value', help: 'x', type: 'gauge', read: () => 1 }],
    });
    const records = (count: number): Observable<Event> =>
      from(Array.from({ length: count }, (_, n) => ({ action: String(n) })));
    /** A client that has got the headers of its answer, and reads nothing of it. */
    const idle = (url: string): Promise<IncomingMessage> =>
      new Promise((resolve, reject) => {
        get(url, { agent: false }, resolve).on('error', reject);
      });

    it('makes no more of the text than the client takes', async () => {
      let reads = 0;
      const counting = readings<Event, Event>({
        of: isEvent,
        key: ({ action }) => action,
        labels: ({ action }) => ({ action, rest: 'x'.repeat(150) }),
        metrics: [{ name: 'value', help: 'x', type: 'gauge', read: () => (reads += 1) }],
      });
      const count = 100_000;
      const heard = open(records(count), { metrics: [counting], seriesLimit: count });
      const response = await idle((await heard.first('opened')).target);
      // The system's own buffers take some megabytes of the twenty.
      let before = -1;
      while (before !== reads) {
        before = reads;
        for (let turn = 0; turn < 200; turn += 1) await new Promise(setImmediate);
      }
      expect(reads).to.be.within(1, count / 2);
      expect((await text(response)).split('\n')).to.have.length(count + 3);
      expect(reads).to.equal(count);
    });

    it('answers some clients at once, asks others to come again, and forgets those that leave', async () => {
      const heard = open(records(50_000), { metrics: [many], seriesLimit: 50_000 });
      const { target } = await heard.first('opened');
      const slow = await Promise.all(Array.from({ length: 8 }, () => idle(target)));
      const refused = await ask(target);
      expect([refused.status, refused.headers['retry-after']]).to.deep.equal([503, '1']);
      for (const response of slow) response.destroy();
      let answer: Answer;
      do answer = await ask(target);
      while (answer.status === 503);
      expect(answer.text.split('\n')).to.have.length(50_003);
      expect(ofType(heard.signals, 'notice')).to.deep.equal([]);
    });

    it('has each series once, though keys come and go meanwhile', async () => {
      const input = new Subject<Event>();
      const heard = open(input, { metrics: [many], seriesLimit: 20_000 });
      for (let n = 0; n < 20_000; n += 1) input.next({ action: String(n) });
      const busy = setInterval(() => {
        for (let n = 0; n < 100; n += 1) input.next({ action: String(n) });
      }, 1);
      const lines = (await scraped(heard)).trimEnd().split('\n');
      clearInterval(busy);
      expect(new Set(lines).size).to.equal(20_002);
    });
  });

  for (const [what, options, message] of [
    ['no metrics', {}, 'prometheus: it needs metrics'],
    ['what is no metric', { metrics: [{}] }, 'prometheus: metrics must be a list of metrics'],
    ['a metric twice', { metrics: [events, events] }, 'events_total is declared twice'],
    ['a path that is none', { metrics: [events], path: 'metrics' }, 'path must be a path'],
    ['an address without a port', { metrics: [events], listen: 'localhost' }, 'listen must be HOST:PORT'],
    ['no series', { metrics: [events], seriesLimit: 0 }, 'seriesLimit must be a whole number'],
    ['an unknown option', { metrics: [events], port: 1 }, 'there is no option "port"'],
  ] as const)
    it(`refuses ${what}`, () => {
      expect(() => prometheus(options as never)).to.throw(PipelineError, message);
    });
});
