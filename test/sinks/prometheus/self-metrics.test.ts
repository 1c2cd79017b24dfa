import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { concat, filter, NEVER, of, Subject } from 'rxjs';
import { defineSource } from '../../../src/core/define-source.ts';
import type { Tell } from '../../../src/core/define-source.ts';
import { pipeline } from '../../../src/core/pipeline.ts';
import { runPipeline } from '../../../src/core/run.ts';
import { withShared } from '../../../src/core/shared.ts';
import { dedupe } from '../../../src/operators/dedupe.ts';
import { bookFamilies } from '../../../src/sinks/prometheus/book-families.ts';
import { eventLoopDelay } from '../../../src/sinks/prometheus/event-loop-delay.ts';
import type { Family } from '../../../src/sinks/prometheus/family.ts';
import { selfMetrics } from '../../../src/sinks/prometheus/self-metrics.ts';
import type { SelfMetrics } from '../../../src/sinks/prometheus/self-metrics.ts';
import { booksOfRuns } from '../../../src/core/running.ts';
import { released, resources } from '../../contracts/resources.ts';
import { hear } from '../../core/runs.ts';
import { handwritten, turns } from '../../core/sinks.ts';

/** `name{labels}` to value. */
const read = (families: readonly Family[]): Readonly<Record<string, number>> =>
  Object.fromEntries(
    families.flatMap(({ name, series }) =>
      [...series()].flatMap((one) => (one === undefined ? [] : [[`${name}{${one.labels}}`, one.value]])),
    ),
  );

describe('selfMetrics', () => {
  it('says what the books say, of every stage at the same moment', () =>
    withShared(async () => {
      const stop = new AbortController();
      let tell!: Tell;
      const lines = new Subject<
        { n: number; time?: string } | { kind: 'gap'; reason: string; atLeast: number }
      >();
      const source = defineSource({
        name: 'lines',
        open: (heard) => {
          tell = heard;
          return lines;
        },
      });
      const slow = handwritten<unknown>({ name: 'slow', queue: { policy: 'drop-newest', capacity: 3 } });
      const run = runPipeline(
        pipeline(
          'self',
          source,
          filter((record) => !('n' in record && record.n < 0)),
          dedupe({ key: (record) => JSON.stringify(record) }),
          slow.sink,
        ),
        { stop: stop.signal },
      );
      const connect = (): void => tell({ type: 'connected', to: 'here', simulated: false });
      connect();
      connect();
      for (const n of [1, -1, 2, 2, -2, 3, 4, 5]) lines.next({ n });
      tell({ type: 'rejected', reason: 'invalid-json', count: 2 });
      tell({ type: 'retrying', error: new Error('away'), attempt: 1, delayMs: 1 });
      lines.next({ kind: 'gap', reason: 'history-overrun', atLeast: 7 });
      lines.next({ n: 6, time: '2026-11-27T10:00:00.000000001Z' });
      const write = await slow.nextWrite();

      const now = Date.parse('2026-11-27T10:00:30Z');
      const families = bookFamilies(booksOfRuns().values(), now);
      const stages = run.stages();
      write.succeed();
      // What has been read stands, whatever goes on.
      const said = read(families);
      const p = 'pipeline="self"';
      for (const { kind, name, ...counts } of stages) {
        const labels = `{${p},kind="${kind}",stage="${name}"}`;
        for (const what of [
          'received',
          'added',
          'delivered',
          'filtered',
          'deduplicated',
          'aggregated',
          'retries',
        ] as const)
          expect(said[`dockrx_stage_${what}_total${labels}`], `${name} ${what}`).to.equal(counts[what]);
        expect(said[`dockrx_stage_in_flight${labels}`]).to.equal(counts.inFlight);
        for (const what of ['rejected', 'dropped'] as const)
          for (const [reason, count] of Object.entries(counts[what]))
            expect(said[`dockrx_stage_${what}_total${labels.replace('}', `,reason="${reason}"}`)}`]).to.equal(
              count,
            );
      }
      // The books themselves, lest nothing is compared with nothing.
      expect(said).to.include({
        [`dockrx_stage_received_total{${p},kind="source",stage="lines"}`]: 12,
        [`dockrx_stage_rejected_total{${p},kind="source",stage="lines",reason="invalid-json"}`]: 2,
        [`dockrx_stage_filtered_total{${p},kind="operator",stage="operator-1"}`]: 2,
        [`dockrx_stage_deduplicated_total{${p},kind="operator",stage="dedupe"}`]: 1,
        [`dockrx_stage_dropped_total{${p},kind="sink",stage="slow",reason="drop-newest"}`]: 4,
        [`dockrx_stage_retries_total{${p},kind="source",stage="lines"}`]: 1,
        [`dockrx_queue_records{${p},sink="slow"}`]: 3,
        [`dockrx_queue_bytes{${p},sink="slow"}`]: 30,
        [`dockrx_gaps_total{${p},source="lines",reason="history-overrun"}`]: 1,
        [`dockrx_gap_missing_total{${p},source="lines",reason="history-overrun"}`]: 7,
        [`dockrx_source_connected{${p},source="lines"}`]: 0,
        [`dockrx_source_reconnects_total{${p},source="lines"}`]: 1,
        [`dockrx_source_newest_age_seconds{${p},source="lines"}`]: 30,
        [`dockrx_ledger_imbalance{${p}}`]: 0,
        [`dockrx_pipeline_up{${p}}`]: 1,
        [`dockrx_sink_stalled{${p},sink="slow"}`]: 0,
        [`dockrx_sink_stalls_total{${p},sink="slow"}`]: 0,
      });
      stop.abort();
      (await slow.nextWrite()).succeed();
      await run.done;
      const after = read(bookFamilies(booksOfRuns().values(), now));
      expect(after[`dockrx_pipeline_up{${p}}`]).to.equal(0);
    }));

  it('says when records are unaccounted for, and when a sink stands still', () =>
    withShared(async () => {
      const stop = new AbortController();
      const facts = hear('self-wrong');
      const slow = handwritten({ name: 'stuck' });
      const run = runPipeline(pipeline('self-wrong', concat(of(1, 2), NEVER), slow.sink), {
        stop: stop.signal,
        watch: { everyMs: 5, stalledMs: 20, blockedMs: 3_600_000 },
      });
      const write = await slow.nextWrite();
      await facts.until('stalled');
      const books = booksOfRuns().get('self-wrong')!;
      expect(
        read(bookFamilies([books], 0))['dockrx_sink_lag_seconds{pipeline="self-wrong",sink="stuck"}'],
      ).to.be.above(0.01);
      books.sources[0]!.delivered += 3;
      const said = read(bookFamilies([books], 0));
      books.sources[0]!.delivered -= 3;
      expect(said).to.include({
        // At the source, and between it and the sink.
        'dockrx_ledger_imbalance{pipeline="self-wrong"}': 6,
        'dockrx_sink_stalled{pipeline="self-wrong",sink="stuck"}': 1,
        'dockrx_sink_stalls_total{pipeline="self-wrong",sink="stuck"}': 1,
      });
      expect(said).not.to.have.any.keys(
        'dockrx_source_newest_age_seconds{pipeline="self-wrong",source="observable"}',
      );
      stop.abort();
      write.succeed();
      await run.done;
      facts.end();
    }));

  describe('of the process', () => {
    let self: SelfMetrics | undefined;
    afterEach(() => self?.end());

    it('says what runs, how late the event loop is, and what Node says', async () => {
      self = selfMetrics();
      const families = await self.families();
      const said = read(families);
      const { version } = JSON.parse(
        readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
      ) as { readonly version: string };
      expect(said[`dockrx_build_info{version="${version}",node="${process.version}"}`]).to.equal(1);
      for (const percentile of ['50', '90', '99', '100'])
        expect(said[`dockrx_event_loop_delay_seconds{percentile="${percentile}"}`]).to.be.within(0, 60);
      expect(said['process_resident_memory_bytes{}']).to.be.above(1e7);
      expect(said['process_cpu_seconds_total{}']).to.be.above(0);
      expect(
        Math.abs(Date.now() / 1000 - process.uptime() - said['process_start_time_seconds{}']!),
      ).to.be.below(5);
      expect(said['nodejs_heap_space_size_used_bytes{space="old"}']).to.be.above(1e6);
    });

    it('prints the durations of garbage collections as one histogram a kind', async () => {
      self = selfMetrics();
      const gc = async () =>
        (await self!.families()).find(({ name }) => name === 'nodejs_gc_duration_seconds')!;
      let garbage: unknown[] = [];
      const seen = async (): Promise<boolean> => [...(await gc()).series()].length > 0;
      while (!(await seen())) {
        garbage = Array.from({ length: 100_000 }, () => ({ garbage: garbage.length }));
        await turns(1);
      }
      for (const series of (await gc()).series()) {
        const { labels, value, buckets } = series!;
        expect(labels).to.match(/^kind="(minor|major|incremental|weakcb)"$/);
        expect(value).to.be.above(0);
        expect(buckets!.map(({ le }) => le)).to.deep.equal(['0.001', '0.01', '0.1', '1', '2', '5', '+Inf']);
        const counts = buckets!.map(({ count }) => count);
        expect(counts).to.deep.equal(counts.toSorted((a, b) => a - b));
        expect(counts.at(-1)).to.be.above(0);
      }
    });

    it('has each name once, with a unit and an ending that fit its type', async () => {
      self = selfMetrics();
      const families = await self.families();
      const names = families.map(({ name }) => name);
      expect(names).to.deep.equal([...new Set(names)]);
      for (const { name, type, help, unit } of families) {
        expect(name).to.match(/^(dockrx|process|nodejs)_[a-z0-9_]+$/);
        expect(type === 'counter', name).to.equal(name.endsWith('_total'));
        expect(help).not.to.equal('');
        if (unit !== undefined) expect(name.replace(/_total$/, '')).to.match(new RegExp(`_${unit}$`));
      }
    });

    it('is the same for two that ask, who each let go of what they began', async () => {
      const before = await resources();
      const [one, other] = [selfMetrics(), selfMetrics()];
      const [first, second] = [await one.families(), await other.families()];
      expect(first.map(({ name }) => name)).to.deep.equal(second.map(({ name }) => name));
      one.end();
      other.end();
      await released(before);
    });
  });
});

describe('eventLoopDelay', () => {
  it('tells of an event loop that stood still, to all who ask within ten seconds', async () => {
    let nowMs = 0;
    const delay = eventLoopDelay(() => nowMs);
    expect(delay.read().map(([, seconds]) => seconds)).to.deep.equal([0, 0, 0, 0]);
    // The step at which it is late is measured from the one before.
    for (const ms of [100, 300, 100]) {
      const end = performance.now() + ms;
      while (performance.now() < end);
      await turns(10);
    }
    nowMs += 10_000;
    const said = delay.read();
    expect(said.at(-1)![1]).to.be.within(0.25, 30);
    nowMs += 9_999;
    expect(delay.read()).to.equal(said);
    nowMs += 1;
    expect(delay.read()).not.to.equal(said);
    delay.end();
  });
});
