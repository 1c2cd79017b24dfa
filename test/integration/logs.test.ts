import { expect } from 'chai';
import { traitsOf } from '../../src/core/define-source.ts';
import type { Source } from '../../src/core/types.ts';
import { dockerEngine } from '../../src/engine/engine.ts';
import type { Gap } from '../../src/records/gap.ts';
import type { LogLine } from '../../src/records/log-line.ts';
import { dockerLogs, type DockerLogsOptions } from '../../src/sources/docker-logs.ts';
import { sourceContract } from '../contracts/source-contract.ts';
import { answerJson, scriptedEngine, type ScriptedEngine } from '../engine/scripted-engine.ts';
import { engineKinds } from '../harness/kinds.ts';
import { useEngine } from '../harness/use-engine.ts';
import { becomes, hear, type Hearing, stopHearing } from '../sources/hear.ts';
import { rawLog } from './raw-log.ts';

type Told = LogLine | Gap;
const isLine = (record: Told): record is LogLine => record.kind === 'log-line';

for (const kind of engineKinds())
  describe(`dockerLogs of a real engine (${kind})`, function () {
    this.timeout(300_000);
    const engine = useEngine(kind);
    const isPodman = kind.startsWith('podman');
    afterEach(async () => {
      stopHearing();
      await engine().removeAll();
    });
    const source = (options: DockerLogsOptions = {}): Source<Told> =>
      dockerLogs({
        engine: dockerEngine({ address: engine().dockerHost, host: 'here' }),
        from: 'start',
        ...options,
      });
    const run = (name: string, script: string, ...more: string[]): Promise<string> =>
      engine().docker('run', '--detach', '--name', name, ...more, engine().image, 'sh', '-c', script);
    const ended = (name: string): Promise<unknown> => engine().api('POST', `/containers/${name}/wait`);
    const linesOf = ({ records }: Hearing<Told>, name: string): readonly LogLine[] =>
      records.filter(isLine).filter(({ container }) => container.name === name);
    const textsOf = (heard: Hearing<Told>, name: string): readonly string[] =>
      linesOf(heard, name).map(({ text }) => text);
    const says = (heard: Hearing<Told>, name: string, last: string): Promise<void> =>
      heard.until(() => textsOf(heard, name).includes(last));
    const gapsOf = ({ records }: Hearing<Told>): readonly Gap[] =>
      records.filter((record): record is Gap => record.kind === 'gap');

    const FORMS = [
      'echo one',
      'echo',
      String.raw`printf 'crlf\r\n'`,
      String.raw`printf '\377\376 bin\n'`,
      'head -c 20000 /dev/zero | tr "\\0" a; echo',
      'head -c 16384 /dev/zero | tr "\\0" b; echo',
      'echo last',
      'printf unfinished',
    ].join('; ');
    const TOLD = [
      ...['one', '', 'crlf\r', '\uFFFD\uFFFD bin', 'a'.repeat(20_000), 'b'.repeat(16_384), 'last'],
      'unfinished',
    ];

    it('tells every form of line, as it is written and afterwards', async () => {
      const live = hear(source());
      await run('forms', `echo to stderr >&2; ${FORMS}`, '--label', 'team=a');
      await says(live, 'forms', 'unfinished');
      await says(live, 'forms', 'to stderr');
      await ended('forms');
      const later = hear(source({ labels: ['team'] }));
      await says(later, 'forms', 'unfinished');
      await says(later, 'forms', 'to stderr');
      const kept = await rawLog(engine().socketPath, 'forms');
      for (const heard of [live, later]) {
        const lines = linesOf(heard, 'forms');
        const [out, err] = ['stdout', 'stderr'].map((name) => lines.filter(({ stream }) => stream === name));
        expect(out!.map(({ text }) => text)).to.deep.equal(TOLD);
        expect(err!.map(({ text }) => text)).to.deep.equal(['to stderr']);
        expect(out!.map(({ unfinished }) => unfinished)).to.deep.equal([...Array<undefined>(7), true]);
        for (const { time, host } of lines) {
          expect(time).to.match(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/);
          expect(host).to.equal('here');
        }
        if (!isPodman) for (const { time } of lines) expect(kept.map((line) => line.time)).to.include(time);
      }
      expect(linesOf(later, 'forms')[0]!.container.labels).to.deep.equal({ team: 'a' });
      expect(linesOf(live, 'forms')[0]!.container.labels).to.deep.equal({});
      expect(live.facts.slice(1)).to.deep.equal([]);
    });

    // Podman's own helper gets no terminal here.
    if (!isPodman)
      it('tells what comes from a terminal', async () => {
        const live = hear(source());
        await run('tty', `echo to stderr >&2; ${FORMS}`, '--tty');
        await says(live, 'tty', 'unfinished');
        const later = hear(source());
        await says(later, 'tty', 'unfinished');
        for (const heard of [live, later]) {
          const lines = linesOf(heard, 'tty');
          expect(lines.map(({ text }) => text)).to.deep.equal(['to stderr', ...TOLD]);
          expect(new Set(lines.map(({ stream }) => stream))).to.deep.equal(new Set(['stdout']));
          expect(lines.at(-1)!.unfinished).to.equal(true);
        }
      });

    it('follows containers that are renamed, restarted, stopped, started, killed and removed', async () => {
      const heard = hear(source());
      const script =
        'echo begins; while :; do [ -e /tmp/say ] && cat /tmp/say && rm /tmp/say; sleep 0.05; done';
      await run('web', script, '--stop-timeout', '0');
      const say = (name: string, text: string): Promise<string> =>
        engine().docker('exec', name, 'sh', '-c', `echo ${text} > /tmp/new; mv /tmp/new /tmp/say`);
      await says(heard, 'web', 'begins');
      await say('web', 'as-web');
      await says(heard, 'web', 'as-web');
      await engine().docker('rename', 'web', 'shop');
      await say('shop', 'early');
      await heard.until(({ records }) => records.some((record) => isLine(record) && record.text === 'early'));
      await becomes(async () => {
        await say('shop', 'as-shop');
        await new Promise((resolve) => setTimeout(resolve, 200));
        return textsOf(heard, 'shop').includes('as-shop');
      });
      const begun = (): number =>
        heard.records.filter((record) => isLine(record) && record.text === 'begins').length;
      const beginsAgain = async (times: number): Promise<void> => {
        await heard.until(() => begun() >= times);
        expect(begun()).to.equal(times);
      };
      await engine().docker('restart', '--time', '0', 'shop');
      await beginsAgain(2);
      await engine().docker('stop', '--time', '0', 'shop');
      await engine().docker('start', 'shop');
      await beginsAgain(3);
      await engine().docker('kill', 'shop');
      await engine().docker('start', 'shop');
      await beginsAgain(4);
      await engine().remove('shop');
      await run('shop', 'echo begins; sleep 1000');
      await beginsAgain(5);
      // Podman's follower may be late for the end.
      if (!isPodman) expect(gapsOf(heard)).to.deep.equal([]);
    });

    it('tells the last words of containers that are gone at once', async () => {
      const heard = hear(source());
      await run('stays', 'echo up; sleep 1000');
      await says(heard, 'stays', 'up');
      const names = Array.from({ length: 10 }, (_, i) => `quick-${i}`);
      await Promise.all(names.map((name) => run(name, `seq 1 500; sleep 2; echo ends`, '--rm')));
      for (const name of names) {
        const isCut = (): boolean => gapsOf(heard).some(({ container }) => container!.name === name);
        await heard.until(() => textsOf(heard, name).includes('ends') || (isPodman && isCut()));
        if (!isCut()) expect(textsOf(heard, name)).to.have.lengthOf(501);
      }
      // Podman's follower may be late for the end.
      if (!isPodman) expect(gapsOf(heard)).to.deep.equal([]);
    });

    it('goes on where it was left, whatever happened meanwhile', async () => {
      const own = source();
      const script = 'n=0; while [ $n -lt 40 ]; do seq 1 50; n=$((n + 1)); sleep 0.1; done; echo ends';
      const names = ['one', 'two'];
      for (const name of names) await run(name, script);
      const all: Told[] = [];
      const isDone = (): boolean =>
        names.every((name) =>
          all.some((record) => isLine(record) && record.container.name === name && record.text === 'ends'),
        );
      // Read in pieces, each by a source that knows no more than the cursor says.
      for (let place = traitsOf(own).cursor!.read(); !isDone();) {
        const next = source();
        if (place !== undefined) traitsOf(next).cursor!.restore(JSON.parse(JSON.stringify(place)) as never);
        const heard = hear(next);
        await heard.until(
          ({ records }) => records.length >= 100 || records.some((r) => isLine(r) && r.text === 'ends'),
        );
        heard.stop();
        place = traitsOf(next).cursor!.read();
        all.push(...heard.records);
        await new Promise((resolve) => setTimeout(resolve, 150));
      }
      for (const name of names) {
        const kept = (await rawLog(engine().socketPath, name)).map(({ text }) => text);
        const told = all.filter(isLine).filter(({ container }) => container.name === name);
        // Podman's follower may tear a line that is being written.
        if (isPodman) expect(told).to.have.lengthOf(kept.length);
        else expect(told.map(({ text }) => text)).to.deep.equal(kept);
        expect(kept).to.have.lengthOf(40 * 50 + 1);
      }
    });

    it('reads what was written and ended while nobody read, and tells of what is gone', async () => {
      const own = source({ from: 'now' });
      await run('before', 'echo too early');
      await ended('before');
      // From the next second on.
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      const first = hear(own);
      await run('web', 'echo up; sleep 1000', '--stop-timeout', '0');
      await run('doomed', 'echo up; sleep 1000');
      await says(first, 'web', 'up');
      await says(first, 'doomed', 'up');
      first.stop();
      await run('while-away', 'echo was here');
      await ended('while-away');
      await engine().docker('restart', '--time', '0', 'web');
      await engine().remove('doomed');
      const second = hear(own);
      await says(second, 'while-away', 'was here');
      await says(second, 'web', 'up');
      await second.until((heard) => gapsOf(heard).length > 0);
      expect(gapsOf(second)).to.have.lengthOf(1);
      expect(gapsOf(second)[0]).to.deep.include({ reason: 'container-removed', atLeast: 0 });
      expect(gapsOf(second)[0]!.container!.name).to.equal('doomed');
      expect(textsOf(first, 'before').concat(textsOf(second, 'before'))).to.deep.equal([]);
      expect(textsOf(second, 'web')).to.deep.equal(['up']);
    });

    it('tells a gap where a rotated log has no more what came next', async () => {
      const own = source();
      const log = ['--log-opt', 'max-size=20k', ...(isPodman ? [] : ['--log-opt', 'max-file=2'])];
      await run(
        'rotated',
        'while :; do [ -e /tmp/go ] && seq 1 $(cat /tmp/go) && rm /tmp/go; sleep 0.05; done',
        ...log,
      );
      await run('other', 'echo up; sleep 1000');
      const write = (count: number): Promise<string> =>
        engine().docker('exec', 'rotated', 'sh', '-c', `echo ${count} > /tmp/new; mv /tmp/new /tmp/go`);
      const first = hear(own);
      await says(first, 'other', 'up');
      await write(50);
      await says(first, 'rotated', '50');
      first.stop();
      const second = hear(own);
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      expect(second.records).to.deep.equal([]);
      second.stop();
      await write(5_000);
      await becomes(async () => (await rawLog(engine().socketPath, 'rotated')).at(-1)?.text === '5000');
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      const third = hear(own);
      await says(third, 'rotated', '5000');
      const [gap, next] = third.records as [Gap, LogLine];
      expect(gap).to.deep.include({
        kind: 'gap',
        reason: 'log-cut',
        fromTime: linesOf(first, 'rotated').at(-1)!.time,
      });
      expect(gap.toTime).to.equal(next.time);
      expect(gap.container!.name).to.equal('rotated');
      expect(gapsOf(third)).to.have.lengthOf(1);
      const kept = (await rawLog(engine().socketPath, 'rotated')).map(({ text }) => text);
      expect(textsOf(third, 'rotated')).to.deep.equal(kept);
    });

    // Podman does not say of which logs it throws away what is old.
    if (!isPodman)
      it('notices what a follower leaves out while a log is rotated, and that it stands still', async () => {
        const heard = hear(source());
        const script = 'sleep 1; seq 1 20000; n=0; while :; do n=$((n + 1)); echo later $n; sleep 0.2; done';
        await run('rotated', script, '--log-opt', 'max-size=20k', '--log-opt', 'max-file=2');
        await run('calm', script, '--log-opt', 'max-size=100m');
        await says(heard, 'calm', 'later 1');
        await heard.until((hearing) => gapsOf(hearing).length > 0);
        await heard.until((hearing) => textsOf(hearing, 'rotated').some((text) => text.startsWith('later')));
        for (const { reason, container } of gapsOf(heard))
          expect([reason, container!.name]).to.deep.equal(['log-cut', 'rotated']);
        expect(linesOf(heard, 'rotated').length).to.be.below(20_000);
        const calm = textsOf(heard, 'calm');
        expect(calm.slice(0, 20_000)).to.deep.equal(Array.from({ length: 20_000 }, (_, i) => String(i + 1)));
        // What was told of once is not told of again.
        const told = gapsOf(heard).length;
        await new Promise((resolve) => setTimeout(resolve, 7_000));
        expect(gapsOf(heard)).to.have.lengthOf(told);
      });

    it('leaves out a log that no driver keeps, and reads the others', async () => {
      const heard = hear(source());
      await run('silent', 'echo unheard; sleep 1000', '--log-driver', 'none');
      await run('web', 'echo up; sleep 1000');
      await says(heard, 'web', 'up');
      await heard.until(({ facts }) => facts.some(({ type }) => type === 'notice'));
      await engine().docker('restart', '--time', '0', 'silent');
      await run('later', 'echo up; sleep 1000');
      await says(heard, 'later', 'up');
      const notices = heard.facts.flatMap((fact) => (fact.type === 'notice' ? [fact.message] : []));
      expect(notices).to.deep.equal([
        'the log of silent cannot be read and is left out: it has the log driver none',
      ]);
    });

    it('goes on through a SIGKILL and a restart of the engine', async () => {
      const own = source();
      await run('web', 'echo up; sleep 1000', '--restart', 'always', '--stop-timeout', '1');
      const first = hear(own);
      await says(first, 'web', 'up');
      await engine().kill();
      await first.failure;
      await engine().restart();
      const second = hear(own);
      await run('later', 'echo up; sleep 1000');
      await says(second, 'later', 'up');
      // Podman's containers live on without it.
      if (!isPodman) await says(second, 'web', 'up');
      const all = [...textsOf(first, 'web'), ...textsOf(second, 'web')];
      expect(all).to.deep.equal((await rawLog(engine().socketPath, 'web')).map(({ text }) => text));
    });
  });

for (const kind of engineKinds().filter((each) => each === 'docker-20.10'))
  describe(`with a real engine (${kind})`, function () {
    this.timeout(180_000);
    const engine = useEngine(kind);
    let forbidding: ScriptedEngine;
    sourceContract(
      'dockerLogs',
      async () => {
        forbidding = await scriptedEngine({ answers: { '*': answerJson({ message: 'forbidden' }, 403) } });
        const make = (address: string): Source<Told> =>
          dockerLogs({ engine: dockerEngine({ address }), from: 'start' });
        const patience = ['--stop-timeout', '1', '--restart', 'always'];
        await engine().docker(
          'run',
          '--detach',
          '--name',
          'writer',
          ...patience,
          engine().image,
          'sleep',
          '1000',
        );
        const listeners = (): Promise<number> =>
          engine()
            .api('GET', '/info')
            .then(
              (info) => (info as { NEventsListener: number }).NEventsListener,
              () => 0,
            );
        await becomes(async () => (await listeners()) === 0);
        let happened = 0;
        return {
          make: () => make(engine().dockerHost),
          makeRefused: () => make(forbidding.address),
          happen: async () => {
            happened += 1;
            await engine().docker('run', '--detach', engine().image, 'echo', `line ${happened}`);
          },
          served: listeners,
          goAway: () => engine().kill(),
          comeBack: () => engine().restart(),
        };
      },
      async () => {
        await forbidding.close();
        await engine().removeAll();
      },
      (record) => (record as LogLine).text,
    );
  });
