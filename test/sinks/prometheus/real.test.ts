import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../harness/free-port.ts';
import { needs } from '../../harness/needs.ts';
import { promtoolComplaints, startPrometheus, until } from '../../harness/prometheus.ts';
import { unpackedProgram } from '../../harness/unpacked-program.ts';
import { temporaryFolder } from '../ndjson-file/folders.ts';

const PROGRAM = fileURLToPath(new URL('counting-program.ts', import.meta.url));
const WITHIN_MS = 60_000;
const PROMETHEUS_3 = { name: 'prometheus', suite: 'sid', program: 'usr/bin/prometheus' };

interface Program {
  /** Resolves once what it has said, in lines, is as wanted; fails when it ends before. */
  readonly until: (wanted: (lines: readonly string[]) => boolean) => Promise<void>;
  /** Where it serves. */
  readonly url: () => Promise<string>;
  readonly kill: () => Promise<void>;
}

function startProgram(args: readonly string[]): Program {
  const child = spawn(process.execPath, ['--import', 'tsx', PROGRAM, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  let ended = false;
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const exit = once(child, 'exit').then(() => (ended = true));
  const lines = (): readonly string[] => said.split('\n').slice(0, -1);
  const program: Program = {
    until: (wanted) =>
      until(`the program says what is wanted, and not: ${said}`, WITHIN_MS, () => {
        if (ended) throw new Error(`the program has ended: ${said}`);
        return wanted(lines());
      }),
    async url() {
      await program.until((all) => all.some((line) => line.startsWith('http')));
      return lines().find((line) => line.startsWith('http'))!;
    },
    async kill() {
      child.kill('SIGKILL');
      await exit;
    },
  };
  return program;
}

describe('the metrics of a process', () => {
  const programs = new Set<Program>();
  // Before their folder goes.
  afterEach(async () => {
    for (const program of programs) await program.kill();
    programs.clear();
  });
  const folder = temporaryFolder();
  const checkpoint = (): string => join(folder(), 'counting.checkpoint.json');
  const start = (listen: string, count: number): Program => {
    const program = startProgram([listen, checkpoint(), String(count)]);
    programs.add(program);
    return program;
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

  it('are exact, however often it is killed', async () => {
    const total = 30_000;
    for (let kills = 1; kills <= 5; kills += 1) {
      // There is always something left for it to count.
      const program = start('127.0.0.1:0', (total / 6) * kills);
      await program.until((lines) => Number(lines.at(-1)) > 0);
      await program.kill();
    }
    const url = await start('127.0.0.1:0', total).url();
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
      const url = await start('127.0.0.1:0', 1_000).url();
      expect(promtoolComplaints(await (await fetch(url)).text())).to.equal('');
    });

    const arrive = async (program?: string): Promise<void> => {
      const listen = `127.0.0.1:${await freePort()}`;
      const first = start(listen, 1_000);
      await first.url();
      const prometheus = await startPrometheus({ targets: [listen], ...(program && { program }) });
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
        await first.kill();
        await start(listen, 1_500).url();
        await reach(1_500);
        for (const fall of ['resets(numbers_total[1h])', 'resets(number_digits_count[1h])'])
          expect(new Set((await prometheus.query(fall)).values())).to.deep.equal(new Set([0]));
        const created = await prometheus.query('changes(numbers_created[1h])');
        expect([...created.values()]).to.deep.equal(Array(10).fill(0));
      } finally {
        await prometheus.stop();
      }
    };

    it('arrive as they are, with exemplars, and do not jump when it is killed', () => arrive()).timeout(
      180_000,
    );

    it('do so at Prometheus 3', async function () {
      const newer = await unpackedProgram(PROMETHEUS_3).catch(() => this.skip());
      await arrive(newer);
    }).timeout(300_000);
  });
});
