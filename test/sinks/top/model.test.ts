import { expect } from 'chai';
import { createModel } from '../../../src/sinks/top/model.ts';
import type { Model } from '../../../src/sinks/top/model.ts';
import { at, event, facts, info, NOW, reading } from './records.ts';

function modelOf(...records: readonly unknown[]): Model {
  const model = createModel();
  for (const record of records) model.take(record);
  return model;
}

const names = (model: Model, nowMs = NOW): readonly string[] => model.rows(nowMs).map(({ name }) => name);

describe('top: the model', () => {
  it('makes a row of what is told of a container', () => {
    const labels = { 'com.docker.compose.project': 'shop', 'com.docker.compose.service': 'web' };
    const told = facts('web', { restartCount: 2, health: 'healthy' });
    const model = modelOf(
      { ...told, container: { ...told.container, labels } },
      reading('web', { cpuPercent: 12 }),
    );
    expect(model.rows(NOW)).to.have.length(1);
    expect(model.rows(NOW)[0]).to.deep.include({
      ...{ name: 'web', project: 'shop', service: 'web', state: 'running', health: 'healthy', restarts: 2 },
      ...{ startedMs: NOW - 65_000, now: { cpuPercent: 12 }, memoryLimit: 4_096, isLimited: false },
    });
  });

  it('tells a limit of its own from the memory of the host', () => {
    const { limits } = facts('web');
    const model = modelOf(facts('web', { limits: { ...limits, memory: 1_024 } }), reading('web', {}));
    expect(model.rows(NOW)[0]).to.include({ memoryLimit: 1_024, isLimited: true });
  });

  it('forgets a container that is removed, also when a reading comes late', () => {
    const model = modelOf(facts('web'), facts('db'), facts('web', { state: 'removed' }), reading('web'));
    expect(names(model)).to.deep.equal(['db']);
  });

  it('shows no figures of what does not run, and none that are old', () => {
    const model = modelOf(
      ...[facts('old'), reading('old', { cpuPercent: 1 }, 16)],
      ...[facts('off', { state: 'exited', exitCode: 1 }), reading('off', { cpuPercent: 1 })],
    );
    expect(model.rows(NOW).map(({ now }) => now)).to.deep.equal([{}, {}]);
  });

  it('is content with readings where nothing else is told, and with what one tells by itself', () => {
    const model = modelOf(reading('web'));
    expect(model.rows(NOW)[0]).to.deep.include({
      ...{ name: 'web', state: 'running' },
      now: { memoryBytes: 2_048, memoryPercent: 50, pids: 3 },
    });
    expect(names(model, NOW + 20_000)).to.deep.equal([]);
  });

  it('marks a crash loop until the container has been up for five minutes', () => {
    const loop = {
      ...{ kind: 'crash-loop', host: 'vm', time: at(9), since: at(60), deaths: 3, exitCodes: [1, 1, 1] },
      container: facts('web').container,
    };
    const marks = (startedAt: string): boolean | undefined =>
      modelOf(facts('web', { startedAt }), loop).rows(NOW)[0]?.isCrashLooping;
    expect([marks(at(299)), marks(at(301))]).to.deep.equal([true, false]);
  });

  it('keeps the last 200 events', () => {
    const many = Array.from({ length: 250 }, (_, i) => event('start', { name: `web-${i}` }));
    const items = modelOf(...many).items();
    expect([items.length, items[0]!.subject, items.at(-1)!.subject]).to.deep.equal([
      200,
      'web-50',
      'web-249',
    ]);
  });

  it('is complete when all that runs has been read twice', () => {
    const twice = [reading('web'), reading('web')];
    for (const [records, complete] of [
      [[], false],
      [[info(0)], true],
      [[info(1)], false],
      [[info(1), facts('web'), reading('web')], false],
      [[info(1), facts('web'), ...twice], true],
      [[info(2), facts('web'), ...twice], false],
      [[info(1), facts('web'), facts('db'), ...twice], false],
      [[info(1), facts('web'), facts('db', { state: 'exited' }), ...twice], true],
    ] as const)
      expect(modelOf(...records).isComplete(), JSON.stringify(records)).to.equal(complete);
  });

  it('passes over what it does not know, and knows what is simulated', () => {
    const model = createModel();
    for (const record of [null, 1, 'x', {}, { kind: 'session' }]) expect(model.take(record)).to.equal(false);
    expect(model.isSimulated()).to.equal(false);
    expect(model.take({ ...info(0), simulated: true })).to.equal(true);
    expect(model.isSimulated()).to.equal(true);
  });
});
