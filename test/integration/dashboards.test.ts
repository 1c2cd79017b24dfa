import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { engineKinds } from '../harness/kinds.ts';
import { needs } from '../harness/needs.ts';
import { promtoolComplaints, startPrometheus, type PrometheusServer } from '../harness/prometheus.ts';
import { useEngine } from '../harness/use-engine.ts';
import { becomes } from '../sources/hear.ts';
import { serveContainers, type Serving } from './scraping.ts';

const ROOT = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8');
const filesIn = (folder: string): readonly string[] => readdirSync(new URL(folder, ROOT));

interface Dashboard {
  readonly title: string;
  readonly panels: readonly {
    readonly title: string;
    readonly targets: readonly { readonly expr: string }[];
  }[];
  readonly templating: { readonly list: readonly { readonly definition?: string }[] };
}
interface Queries {
  readonly title: string;
  readonly queries: readonly string[];
  /** Of what no engine tells. */
  readonly unavailable?: readonly string[];
  /** Its legends and tables show these. */
  readonly labels: readonly string[];
}

const ours = filesIn('deploy/grafana').map((file) => JSON.parse(read(`deploy/grafana/${file}`)) as Dashboard);
const others = filesIn('test/fixtures/dashboards').map(
  (file) => JSON.parse(read(`test/fixtures/dashboards/${file}`)) as Queries,
);

/** As Grafana asks when everything is chosen. */
const asked = (query: string): string =>
  query
    .replace(/\$__rate_interval|\$__range|\$interval/g, '1m')
    .replace(/\$(?:instance|name|host|container)\b/g, '.*');

for (const kind of engineKinds().filter((each) => each === 'docker-20.10'))
  describe(`dashboards of a real Prometheus that scrapes dockrx (${kind})`, function () {
    this.timeout(300_000);
    const engine = useEngine(kind);
    needs('prometheus');
    let serving: Serving;
    let prometheus: PrometheusServer;

    const run = (name: string, options: readonly string[], command: string): Promise<string> =>
      engine().docker('run', '--detach', '--name', name, ...options, engine().image, 'sh', '-c', command);
    const answers = async (query: string): Promise<boolean> =>
      (await prometheus.query(asked(query))).size > 0;

    before(async () => {
      // Without a limit, never reached, some kernels do not count what goes through a device.
      const device = execFileSync('findmnt', ['-no', 'SOURCE', '-T', engine().dir], {
        encoding: 'utf8',
      }).trim();
      const counted = [`--device-read-bps=${device}:1gb`, `--device-write-bps=${device}:1gb`];
      const labels = {
        'com.docker.compose.project': 'shop',
        'com.docker.compose.project.working_dir': '/srv/shop',
        'com.docker.compose.service': 'web',
        'com.docker.swarm.service.name': 'shop_web',
      };
      await run('server', [], 'sleep 1000 | nc -l -p 9 > /dev/null');
      const server = await engine().docker('inspect', '--format', '{{.NetworkSettings.IPAddress}}', 'server');
      serving = await serveContainers(engine().dockerHost);
      prometheus = await startPrometheus({
        targets: [],
        config: `  - job_name: cadvisor
    static_configs: [{ targets: ['${serving.target}'] }]
`,
      });
      await run(
        'web',
        [
          ...Object.entries(labels).map(([key, value]) => `--label=${key}=${value}`),
          ...['--memory=64m', '--cpus=0.5', '--health-cmd=true', '--health-interval=1s', ...counted],
        ],
        `cat /dev/zero | nc ${server} 9 &
         while :; do head -c 1000000 /dev/zero > /file; sync; dd if=/file of=/dev/null iflag=direct bs=1M 2> /dev/null; done`,
      );
      await run('grafana', ['--label=org.label-schema.group=monitoring'], 'while :; do :; done');
      await run('greedy', ['--memory=20m', '--restart=on-failure:3'], 'sleep 3; tail /dev/zero');
      await engine().docker('volume', 'create', 'shop');
    });
    after(async () => {
      await prometheus.stop();
      await serving.stop();
    });

    it('is what promtool accepts, but for three labels that are named by cAdvisor', async () => {
      await becomes(() => answers('container_memory_usage_bytes{name="web"}'));
      const text = await (await fetch(serving.url)).text();
      const complaints = promtoolComplaints(text).split('\n');
      expect([...new Set(complaints)]).to.deep.equal([
        "cadvisor_version_info label names should be written in 'snake_case' not 'camelCase'",
      ]);
    });

    it('has every metric that the alerts of deploy/prometheus ask for', async () => {
      const text = await (await fetch(serving.url)).text();
      const alerts = read('deploy/prometheus/alerts.yml').replace(/^ *description:.*$/gm, '');
      const asksFor = new Set(alerts.match(/\b(?:container|dockrx)_\w+/g));
      expect(asksFor.size).to.be.above(12);
      for (const name of asksFor) expect(text).to.contain(`# TYPE ${name} `);
    });

    for (const { title, queries, unavailable = [], labels } of others)
      describe(title, () => {
        for (const query of queries) it(`has data for ${query}`, () => becomes(() => answers(query)));

        for (const query of unavailable)
          it(`has none for ${query}, which no engine tells`, async () => {
            expect((await prometheus.query(asked(query))).size).to.equal(0);
          });

        it(`has the labels it shows: ${labels.join(', ')}`, async () => {
          const { result } = (await prometheus.api(
            `query?query=${encodeURIComponent('container_start_time_seconds{name="web"}')}`,
          )) as { readonly result: readonly { readonly metric: object }[] };
          expect(result[0]!.metric).to.include.keys(...labels);
        });
      });

    for (const { title, panels, templating } of ours)
      describe(`${title}, of deploy/grafana`, () => {
        for (const panel of panels)
          for (const { expr } of panel.targets)
            it(`has data for ${panel.title}: ${expr}`, () => becomes(() => answers(expr)));

        it('offers what there is to choose from', async () => {
          const definitions = templating.list.flatMap(({ definition }) => definition ?? []);
          expect(definitions).to.have.lengthOf(2);
          for (const definition of definitions) {
            const [, series] = /^label_values\((.+), \w+\)$/.exec(definition)!;
            expect(await answers(series!), definition).to.equal(true);
          }
        });
      });

    it('count the kills of a container that is started again', async () => {
      await becomes(async () => {
        const found = await prometheus.query('max(container_oom_events_total{name="greedy"})');
        return found.get('') === 4;
      });
      const increase = await prometheus.query(
        'sum(increase(container_oom_events_total{name="greedy"}[2m])) > 0',
      );
      expect(increase.size).to.equal(1);
    });

    it('show no leap and no fall when dockrx or a container is started again', async () => {
      const used = async (): Promise<number> => {
        const names = ['web', 'grafana', 'server'];
        const totals = names.map(async (name) => {
          const stats = (await engine().api(
            'GET',
            `/containers/${name}/stats?stream=false&one-shot=true`,
          )) as {
            readonly cpu_stats: { readonly cpu_usage: { readonly total_usage: number } };
          };
          return stats.cpu_stats.cpu_usage.total_usage / 1e9;
        });
        return (await Promise.all(totals)).reduce((sum, total) => sum + total, 0);
      };
      const before = await used();
      await serving.stop();
      serving = await serveContainers(engine().dockerHost, { target: serving.target });
      await becomes(async () => (await prometheus.query('up{job="cadvisor"} == 1')).size === 1);
      await becomes(() => answers('container_memory_usage_bytes{name="web"}'));
      const value = async (query: string): Promise<number> => (await prometheus.query(query)).get('')!;
      // Had the sum begun again with all that was used before, it would have been counted twice.
      expect(before).to.be.above(10);
      const all = await value('sum(increase(container_cpu_usage_seconds_total{id="/"}[5m]))');
      expect(all).to.be.within(before / 4, (await used()) + before / 2);
      expect(await value('sum(resets(container_cpu_usage_seconds_total{name="grafana"}[2m]))')).to.equal(0);
      await engine().docker('restart', '--time', '0', 'grafana');
      await becomes(
        async () => (await value('max(resets(container_cpu_usage_seconds_total{name="grafana"}[2m]))')) === 1,
      );
      expect(await value('sum(rate(container_cpu_usage_seconds_total{name="grafana"}[30s]))')).to.be.within(
        0,
        2.2,
      );
      expect(await value('min(rate(container_cpu_usage_seconds_total{id="/"}[30s]))')).to.be.at.least(0);
    });
  });
