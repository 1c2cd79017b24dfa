import { expect } from 'chai';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { capturedLines } from '../captures.ts';
import { ROOT, useFolder, type Started } from '../cli/program.ts';
import { answerJson, answerStream, scriptedEngine, type ScriptedEngine } from '../engine/scripted-engine.ts';
import { pongAt } from '../sources/events-server.ts';
import { becomes } from '../sources/hear.ts';

type Fields = Readonly<Record<string, unknown>>;

const FILE = join(ROOT, 'pipelines/events.ts');
/** What the ancestor wrote in its run. All its readings are held against ours beside `flattenAsMesoscloud`. */
const golden = capturedLines('mesoscloud/0.2.2-api1.20.containers.log');
const fieldsIn = (lines: readonly string[]): readonly Fields[] =>
  lines.map((line) => JSON.parse(line) as Fields);
const goldenFields = fieldsIn(golden);
const goldenEvents = golden.filter((line) => line.includes('"event_status"'));
const READINGS = 3;
const goldenReadings = goldenFields
  .filter((fields) => fields['container'] === '/h1-pre' && 'cpu_total_usage' in fields)
  .slice(0, READINGS);
/** Once each: it read a log again from the beginning after a restart; and no line that it took for several. */
const goldenLines = [
  ...new Map(
    goldenFields
      .filter((fields) => fields['container'] === '/h1-log' && 'log' in fields)
      .filter(({ log }) => (log as string).length < 16_384)
      .map((fields) => [`${String(fields['@timestamp'])} ${String(fields['stream'])}`, fields]),
  ).values(),
].sort((a, b) => (String(a['@timestamp']) < String(b['@timestamp']) ? -1 : 1));

const [pre, log] = [goldenReadings[0]!, goldenLines[0]!].map((fields) => ({
  id: fields['container_id'] as string,
  name: fields['container'] as string,
  image: fields['image'] as string,
  imageId: fields['image_id'] as string,
})) as [Container, Container];

interface Container {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly imageId: string;
}

/** A line of a log, or a piece of one, as an engine sends it. */
function frame(stream: unknown, time: unknown, text: string): Buffer {
  const payload = Buffer.from(`${String(time)} ${text}`);
  const header = Buffer.alloc(8);
  header[0] = stream === 'stderr' ? 2 : 1;
  header.writeUInt32BE(payload.length, 4);
  return Buffer.concat([header, payload]);
}

/** It answers what the ancestor had been answered, at that time. */
async function thatEngine(): Promise<ScriptedEngine> {
  const inspected = JSON.parse(capturedLines('docker/inspect-mem.docker-20.10-cgroupv1.json').join('\n')) as {
    readonly Config: object;
  };
  const inspect = ({ id, name, image, imageId }: Container): object => ({
    ...inspected,
    ...{ Id: id, Name: name, Image: imageId, Config: { ...inspected.Config, Image: image } },
  });
  const events = goldenEvents
    .map((line) => line.replace(/"@timestamp": "[^"]*", /, '').replaceAll('"event_', '"'))
    .map((line) => `${line}\n`)
    .join('');
  const readings = capturedLines('mesoscloud/docker-stats-api1.41.h1-pre.ndjson');
  return scriptedEngine({
    answers: {
      '/_ping': pongAt(Date.parse('2026-11-21T23:53:24Z') / 1000),
      '/containers/json': answerJson(
        [pre, log].map(({ id, name, image, imageId }) => ({
          ...{ Id: id, Names: [name], Image: image, ImageID: imageId, Labels: {}, State: 'running' },
        })),
      ),
      [`/containers/${pre.id}/json`]: answerJson(inspect(pre)),
      [`/containers/${log.id}/json`]: answerJson(inspect(log)),
      [`/containers/${pre.id}/stats`]: (response) => {
        const left = readings.slice(0, READINGS);
        const timer = setInterval(() => response.write(`${left.shift() ?? ''}\n`), 1000);
        response.once('close', () => clearInterval(timer));
      },
      [`/containers/${log.id}/stats`]: answerStream,
      [`/containers/${pre.id}/logs`]: answerStream,
      [`/containers/${log.id}/logs`]: (response) => {
        for (const line of goldenLines)
          response.write(frame(line['stream'], line['@timestamp'], line['log'] as string));
        // A line of two pieces, of which the ancestor took the second for text of the first, its header too; bytes of no text.
        response.write(frame('stdout', '2026-11-21T23:53:46.000000001Z', 'x'.repeat(16_384)));
        response.write(frame('stdout', '2026-11-21T23:53:46.000000001Z', 'y\n'));
        const broken = frame('stderr', '2026-11-21T23:53:46.000000003Z', 'a?b\n');
        broken[broken.indexOf('?')] = 0xff;
        response.write(broken);
      },
      '/events': (response, request) => {
        const query = new URLSearchParams((request.url ?? '').split('?')[1]);
        // Its other listeners have filters, and hear nothing.
        if (query.has('until')) response.end(events);
        else if (query.has('filters')) answerStream(response, request);
        else response.write(events);
      },
    },
  });
}

describe('pipelines/events.ts', function () {
  this.timeout(60_000);
  const folder = useFolder();
  let engine: ScriptedEngine;
  beforeEach(async () => (engine = await thatEngine()));
  afterEach(() => engine.close());

  const start = (env: NodeJS.ProcessEnv = {}): Started =>
    folder.start(['run', '--listen', '127.0.0.1:0', FILE], {
      DOCKER_HOST: engine.address,
      EVENTS_DIR: 'events',
      ...env,
    });
  const written = (): readonly string[] => {
    const path = join(folder.path, 'events/containers.log');
    return existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : [];
  };

  it('writes what the ancestor wrote of the same answers, each key and value, and nothing twice', async () => {
    const program = start();
    await becomes(() => {
      const fields = fieldsIn(written());
      const count = (key: string): number => fields.filter((each) => key in each).length;
      return (
        count('event_timeNano') >= goldenEvents.length &&
        count('cpu_total_usage') === READINGS &&
        count('log') >= goldenLines.length + 2
      );
    });
    program.child.kill('SIGINT');
    expect((await program.done).code).to.equal(0);

    const lines = written();
    const ours = fieldsIn(lines).filter(({ synthetic, type }) => synthetic !== true && type !== 'gap');
    const eventsOfOurs = ours.filter((fields) => 'event_timeNano' in fields);
    expect(eventsOfOurs).to.have.lengthOf(goldenEvents.length);
    fieldsIn(goldenEvents).forEach((fields, i) => expect(eventsOfOurs[i]).to.deep.include(fields));
    const digits = (all: readonly string[]): readonly string[] =>
      all.flatMap((line) => /"event_timeNano": ?(\d+)/.exec(line)?.[1] ?? []);
    const live = lines.filter((line) => !line.includes('"synthetic":true'));
    expect(digits(live)).to.deep.equal(digits(goldenEvents));

    const readings = new Map(
      ours.flatMap((fields) =>
        'cpu_total_usage' in fields ? [[fields['@timestamp'] as string, fields] as const] : [],
      ),
    );
    expect(readings.size).to.equal(READINGS);
    for (const fields of goldenReadings)
      expect(readings.get(fields['@timestamp'] as string)).to.deep.include(fields);

    const linesOfOurs = ours.filter((fields) => 'log' in fields);
    expect(linesOfOurs).to.have.lengthOf(goldenLines.length + 2);
    goldenLines.forEach((fields, i) => expect(linesOfOurs[i]).to.deep.include(fields));
    const more = linesOfOurs.slice(-2).map((fields) => fields['log']);
    expect(more).to.deep.equal([`${'x'.repeat(16_384)}y\n`, 'a\uFFFDb\n']);
  });

  it('says what is wrong with its environment', async () => {
    const { code, stderr } = await start({ KEEP_SECONDS: 'for ever' }).done;
    expect(code).to.equal(2);
    expect(stderr).to.match(
      /events\.ts:\d+:\d+: ndjsonFile: keep: ms must be a whole number above 0, not NaN/,
    );
  });
});
