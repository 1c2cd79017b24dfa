import { expect } from 'chai';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../harness/free-port.ts';
import { needs } from '../../harness/needs.ts';
import { promtoolComplaints, startPrometheus, until } from '../../harness/prometheus.ts';
import { temporaryFolder } from '../ndjson-file/folders.ts';

const PROGRAM = fileURLToPath(new URL('counting-program.ts', import.meta.url));
const WITHIN_MS = 60_000;

describe('the metrics of a process', () => {
  const children = new Set<ChildProcess>();
  // Before their folder goes.
  afterEach(async () => {
    for (const child of [...children]) await kill(child);
  });
  const folder = temporaryFolder();
  const checkpoint = (): string => join(folder(), 'counting.checkpoint.json');

  const start = (listen: string, count: number): ChildProcess => {
    const args = ['--import', 'tsx', PROGRAM, listen, checkpoint(), String(count)];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    children.add(child);
    return child;
  };
  const kill = async (child: ChildProcess): Promise<void> => {
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
    children.delete(child);
  };
  /** The cursor of the source in the last checkpoint. */
  const keptPlace = (): number => {
    try {
      const { sources } = JSON.parse(readFileSync(checkpoint(), 'utf8')) as { sources: { numbers?: number } };
      return sources.numbers ?? 0;
    } catch {
      return 0;
    }
  };
  const lines = (child: ChildProcess): AsyncIterable<string> => createInterface({ input: child.stdout! });
  const urlOf = async (child: ChildProcess): Promise<string> => {
    for await (const line of lines(child)) if (line.startsWith('http')) return line;
    throw new Error('it does not serve');
  };

  it('are exact, however often it is killed', async () => {
    const total = 30_000;
    let at = 0;
    for (let kills = 0; kills < 5; kills += 1) {
      const child = start('127.0.0.1:0', total);
      at += 4_000;
      let delivered = 0;
      // Counted by this process alone: it began at the last checkpoint.
      for await (const line of lines(child)) {
        if (!line.startsWith('http')) delivered = Number(line);
        if (delivered > at / 4) break;
      }
      await kill(child);
    }
    const child = start('127.0.0.1:0', total);
    const url = await urlOf(child);
    let text = '';
    await until(`all ${total} are counted`, WITHIN_MS, async () => {
      text = await (await fetch(url)).text();
      return text.includes(`number_digits_count ${total}\n`);
    });
    for (let last = 0; last < 10; last += 1)
      expect(text).to.include(`numbers_total{last="${last}"} ${total / 10}\n`);
    expect(text)
      .to.include('number_digits_bucket{le="2.0"} 100\n')
      .and.to.include('number_digits_bucket{le="3.0"} 1000\n');
  }).timeout(180_000);

  describe('scraped by Prometheus', () => {
    needs('prometheus');

    it('please promtool', async () => {
      const url = await urlOf(start('127.0.0.1:0', 1_000));
      expect(promtoolComplaints(await (await fetch(url)).text())).to.equal('');
    });

    it('arrive as they are, with exemplars, and do not jump when it is killed', async () => {
      const listen = `127.0.0.1:${await freePort()}`;
      let child = start(listen, 1_000);
      await urlOf(child);
      const prometheus = await startPrometheus({ targets: [listen] });
      try {
        const reach = (count: number): Promise<void> =>
          until(`Prometheus has ${count}`, WITHIN_MS, async () => {
            const found = await prometheus.query('sum(numbers_total)');
            return found.get('') === count;
          });
        await reach(1_000);
        expect(await prometheus.query('up')).to.deep.equal(new Map([['', 1]]));
        expect(await prometheus.query('numbers_total')).to.deep.equal(
          new Map(Array.from({ length: 10 }, (_, last) => [`last=${last}`, 100])),
        );
        expect(await prometheus.query('number_digits_bucket')).to.deep.equal(
          new Map([
            ['le=1.0', 10],
            ['le=2.0', 100],
            ['le=3.0', 1_000],
            ['le=+Inf', 1_000],
          ]),
        );
        const now = Date.now() / 1000;
        const found = (await prometheus.api(
          `query_exemplars?query=${encodeURIComponent('{__name__=~"number.*"}')}&start=${now - 3600}&end=${now + 3600}`,
        )) as readonly { readonly exemplars: readonly { readonly labels: { readonly seq: string } }[] }[];
        const seqs = found.flatMap(({ exemplars }) => exemplars.map(({ labels }) => Number(labels.seq)));
        // Of each counter its last record, of each bucket its last one, where it has any.
        expect([...new Set(seqs)].sort((a, b) => a - b)).to.deep.equal([
          9, 99, 990, 991, 992, 993, 994, 995, 996, 997, 998, 999,
        ]);

        await until('the checkpoint has all', WITHIN_MS, () => keptPlace() === 1_000);
        await kill(child);
        child = start(listen, 1_500);
        await urlOf(child);
        await reach(1_500);
        for (const fall of ['resets(numbers_total[1h])', 'resets(number_digits_count[1h])'])
          expect(new Set((await prometheus.query(fall)).values())).to.deep.equal(new Set([0]));
        const created = await prometheus.query('changes(numbers_created[1h])');
        expect([...created.values()]).to.deep.equal(Array(10).fill(0));
      } finally {
        await prometheus.stop();
      }
    }).timeout(180_000);
  });
});
