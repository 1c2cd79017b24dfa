import { expect } from 'chai';
import fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import { DEFAULT_LABELS } from '../../src/records/labels.ts';
import {
  dockerEventParser,
  nanoDigits,
  type DockerEventPolicy,
} from '../../src/records/parse-docker-event.ts';
import type { DockerEvent } from '../../src/records/docker-event.ts';

const FIXTURES = new URL('../fixtures/', import.meta.url);
const recorded: readonly (readonly [string, readonly string[]])[] = ['docker', 'docker-cgroupv2'].flatMap(
  (folder) =>
    readdirSync(new URL(folder, FIXTURES))
      .filter((name) => name.startsWith('events-') && name.endsWith('.ndjson'))
      .map((name): [string, string[]] => [
        `${folder}/${name}`,
        readFileSync(new URL(`${folder}/${name}`, FIXTURES), 'utf8')
          .trimEnd()
          .split('\n'),
      ]),
);
const linesOf = (part: string): readonly string[] => recorded.find(([name]) => name.includes(part))![1];

const policy: DockerEventPolicy = {
  host: 'here',
  simulated: false,
  labels: DEFAULT_LABELS,
  execCommands: 'redact',
};
const parse = (line: string, more: Partial<DockerEventPolicy> = {}): DockerEvent =>
  dockerEventParser({ ...policy, ...more })(line);

interface Raw {
  readonly Type: string;
  readonly Action: string;
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> };
  readonly scope: string;
  readonly time: number;
}

/** A line as an engine writes it, with some of it changed. */
const line = (more: object = {}): string =>
  JSON.stringify({
    Type: 'container',
    Action: 'start',
    Actor: { ID: 'abc', Attributes: { image: 'bb:1', name: 'web' } },
    scope: 'local',
    time: 1795304600,
    ...more,
  }).replace(/\}$/, ',"timeNano":1795304600123456789}');

describe('dockerEventParser', () => {
  for (const [name, lines] of recorded)
    it(`reads ${lines.length} recorded events of ${name} without loss`, () => {
      const parser = dockerEventParser({ ...policy, labels: ['*'], execCommands: 'keep' });
      for (const text of lines) {
        const event = parser(text);
        const raw = JSON.parse(text) as Raw;
        expect(event).to.deep.include({
          kind: 'docker-event',
          host: 'here',
          type: raw.Type,
          id: raw.Actor.ID,
          scope: raw.scope,
          attributes: raw.Type === 'daemon' ? event.attributes : raw.Actor.Attributes,
        });
        expect(event.action.startsWith(raw.Action)).to.equal(true);
        expect(text).to.contain(`"timeNano":${event.timeNano}`);
        expect(BigInt(event.timeNano) / 1_000_000_000n).to.equal(BigInt(raw.time));
        const [seconds, fraction] = event.time.split('.') as [string, string];
        expect(Date.parse(`${seconds}Z`) / 1000).to.equal(raw.time);
        expect(fraction).to.equal(`${event.timeNano.slice(-9)}Z`);
      }
    });

  it('keeps the digits that a number cannot carry', () => {
    const text = linesOf('events-burst').find((each) => {
      const { timeNano } = JSON.parse(each) as { timeNano: number };
      return !each.includes(`"timeNano":${timeNano}`);
    })!;
    const digits = /"timeNano":(\d+)/.exec(text)![1]!;
    expect(parse(text).timeNano).to.equal(digits);
  });

  it('orders the recorded burst by digits as by time', () => {
    const events = linesOf('events-burst').map((text) => parse(text));
    const byDigits = events.toSorted((a, b) => Number(BigInt(a.timeNano) - BigInt(b.timeNano)));
    const byTime = events.toSorted((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
    expect(byTime).to.deep.equal(byDigits);
  });

  describe('redaction', () => {
    const secret = 'mysql -pEXAMPLE: "x"';

    it('cuts the command line off exec events', () => {
      for (const verb of ['exec_create', 'exec_start', 'exec_detach'])
        expect(parse(line({ Action: `${verb}: ${secret}` })).action).to.equal(verb);
    });

    it('leaves no recorded command line anywhere in a record', () => {
      const parser = dockerEventParser({ ...policy, labels: ['*'] });
      const execs = recorded
        .flatMap(([, lines]) => lines)
        .filter((text) => /"Action":"exec_\w+: /.test(text));
      expect(execs.length).to.be.greaterThan(600);
      for (const text of execs) {
        const command = (JSON.parse(text) as Raw).Action.replace(/^\w+: /, '');
        expect(JSON.stringify(parser(text))).to.not.contain(JSON.stringify(command).slice(1, -1));
      }
    });

    it('can be left out', () => {
      const action = `exec_create: ${secret}`;
      expect(parse(line({ Action: action }), { execCommands: 'keep' }).action).to.equal(action);
    });

    it('touches no other action', () => {
      for (const action of ['start', 'exec_die', 'health_status: healthy', 'executed: x', 'rename'])
        expect(parse(line({ Action: action })).action).to.equal(action);
    });
  });

  describe('attributes', () => {
    const attributes = {
      image: 'bb:1',
      name: 'web',
      exitCode: '3',
      'com.docker.compose.project': 'shop',
      'com.example.password': 'EXAMPLE',
    };
    const text = line({ Actor: { ID: 'abc', Attributes: attributes } });

    it('are those of the engine and the labels allowed', () => {
      expect(parse(text).attributes).to.deep.equal({
        image: 'bb:1',
        name: 'web',
        exitCode: '3',
        'com.docker.compose.project': 'shop',
      });
      expect(parse(text, { labels: [] }).attributes).to.deep.equal({
        image: 'bb:1',
        name: 'web',
        exitCode: '3',
      });
      expect(parse(text, { labels: ['com.example.*'] }).attributes).to.have.property(
        'com.example.password',
        'EXAMPLE',
      );
      expect(parse(text, { labels: ['*'] }).attributes).to.deep.equal(attributes);
    });

    it('of a reloaded daemon are its name and nothing of its settings', () => {
      const reload = linesOf('daemon-builder').find((each) => each.includes('"reload"'))!;
      expect(parse(reload).attributes).to.deep.equal({ name: 'vm' });
      expect(parse(reload).action).to.equal('reload');
    });

    it('may be absent or null, and are never anything but texts', () => {
      expect(parse(line({ Actor: { ID: '' } })).attributes).to.deep.equal({});
      expect(parse(line({ Actor: { ID: '', Attributes: null } })).attributes).to.deep.equal({});
      const odd = { name: 7, image: null, exitCode: '0', type: ['bridge'] };
      expect(parse(line({ Actor: { ID: '', Attributes: odd } })).attributes).to.deep.equal({ exitCode: '0' });
    });

    it('cannot reach the prototype', () => {
      const attack = line().replace('"name":"web"', '"__proto__":"x","constructor":"y"');
      const event = parse(attack, { labels: ['*'] });
      expect(Object.getPrototypeOf(event.attributes)).to.equal(Object.prototype);
      expect(event.attributes).to.have.own.property('constructor', 'y');
    });
  });

  it("takes podman's health result into the action, where Docker has it", () => {
    const event = linesOf('podman-5.8').find((text) => text.includes('"HealthStatus":"unhealthy"'))!;
    expect(parse(event).action).to.equal('health_status: unhealthy');
    expect(parse(line({ Action: 'health_status', HealthStatus: '' })).action).to.equal('health_status');
    expect(parse(line({ Action: 'start', HealthStatus: 'healthy' })).action).to.equal('start');
  });

  it('marks what the simulated engine says', () => {
    expect(parse(line(), { simulated: true })).to.have.property('simulated', true);
    expect(parse(line())).to.not.have.property('simulated');
  });

  describe('refuses', () => {
    const wrong: readonly (readonly [string, string])[] = [
      ['null', 'Type'],
      ['7', 'Type'],
      ['[]', 'Type'],
      ['{}', 'Type'],
      [line({ Type: 7 }), 'Type'],
      [line({ Action: null }), 'Action'],
      [line({ Actor: undefined }), 'Actor.ID'],
      [line({ Actor: { ID: 7 } }), 'Actor.ID'],
      ['{"Type":"container","Action":"start","Actor":{"ID":""}}', 'time'],
    ];
    for (const [text, field] of wrong)
      it(`${text.slice(0, 60)}: ${field}`, () => expect(() => parse(text)).to.throw(TypeError, field));

    it('what is no JSON', () => {
      expect(() => parse('{"Type":')).to.throw(SyntaxError);
    });
  });
});

describe('nanoDigits', () => {
  const last = '"time":1795304600,"timeNano":1795304600123456789}';

  it('takes seconds where there are no nanoseconds', () => {
    expect(nanoDigits('{"time":1795304600}', 1_795_304_600)).to.equal('1795304600000000000');
    expect(nanoDigits('{"time":0}', 0)).to.equal('0000000000');
  });

  it('refuses times that are none', () => {
    for (const seconds of [undefined, null, -1, 1.5, NaN, Infinity, '1', {}])
      expect(() => nanoDigits('{}', seconds)).to.throw(TypeError, 'timeNano');
    for (const nano of ['1.5', '-5', '1e9', '"7"', '123456789012345678901', 'null', ''])
      expect(() => nanoDigits(`{"timeNano":${nano}}`, undefined)).to.throw(TypeError, 'timeNano');
  });

  it('takes the field wherever it stands', () => {
    expect(nanoDigits('{"timeNano": 123 ,"x":1}', undefined)).to.equal('123');
    expect(nanoDigits('{"x":1,"timeNano":123}', undefined)).to.equal('123');
  });

  it('is not misled by any label', () => {
    const label = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('"timeNano":', '"timeNano":1,', 'timeNano'),
    );
    fc.assert(
      fc.property(fc.dictionary(label, label), (labels) => {
        const text = `{"Actor":{"ID":"","Attributes":${JSON.stringify(labels)}},${last}`;
        expect(nanoDigits(text, undefined)).to.equal('1795304600123456789');
      }),
    );
  });

  it('is misled to the second at most by a label that comes after it', () => {
    const text = '{"timeNano":1795304600123456789,"Actor":{"Attributes":{"timeNano":"5"}}}';
    expect(nanoDigits(text, 1_795_304_600)).to.equal('1795304600000000000');
  });
});
