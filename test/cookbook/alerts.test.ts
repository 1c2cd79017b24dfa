import { expect } from 'chai';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import type { Simulator } from '../../src/simulator/index.ts';
import { becomes } from '../sources/hear.ts';
import { useHook } from './hook.ts';
import { useKitchen } from './recipe.ts';

describe('cookbook: what needs somebody', () => {
  const kitchen = useKitchen();

  describe('page-on-crash-loop', () => {
    const hook = useHook();
    const env = (): NodeJS.ProcessEnv => ({ WEBHOOK_URL: hook.url() });
    const crash = (engine: Simulator, name: string, times: number): void => {
      for (let i = 0; i < times; i += 1) {
        engine.start(name);
        engine.die(name, 3);
      }
    };

    it('sends one message, and again what was not taken', async () => {
      const engine = await kitchen.simulate();
      const running = await kitchen.run('page-on-crash-loop', engine, { env: env() });
      engine.createContainer({ name: 'steady' });
      engine.createContainer({ name: 'broken' });
      crash(engine, 'steady', 2);
      hook.answers.push(503);
      crash(engine, 'broken', 7);
      await becomes(() => hook.posts.length === 2);
      expect(hook.posts[0]).to.deep.equal(hook.posts[1]);
      expect(hook.posts[0]!.type).to.equal('application/json');
      const { text } = JSON.parse(hook.posts[0]!.body) as { text: string };
      expect(text).to.match(/^broken on \S+ died 3 times since \S+Z, exit codes 3, 3, 3$/);
      await running.stop();
      expect(hook.posts).to.have.length(2);
    });

    it('ends, and says so, where the webhook is wrong or missing', async () => {
      const engine = await kitchen.simulate();
      const running = await kitchen.run('page-on-crash-loop', engine, { env: env() });
      hook.answers.push(404);
      engine.createContainer({ name: 'broken' });
      crash(engine, 'broken', 5);
      const wrong = await running.program.done;
      expect(wrong.code).to.equal(1);
      expect(wrong.stderr).to.include('the webhook answers 404: check WEBHOOK_URL');
      expect(wrong.stderr).not.to.include('/hook');

      const missing = await kitchen.run('page-on-crash-loop', engine).then(() => '', String);
      expect(missing).to.include('failed: set WEBHOOK_URL to where to send messages');
    });
  });

  it('heal-unhealthy runs the program once a container has been unhealthy for five minutes', async () => {
    kitchen.folder.write({ 'heal.sh': '#!/bin/sh\necho "\\"$1 $#\\"" >>healed\nexit "${FAIL:-0}"\n' });
    const program = join(kitchen.folder.path, 'heal.sh');
    chmodSync(program, 0o755);
    const engine = await kitchen.simulate();
    for (const name of ['ill', 'well', 'better']) {
      engine.createContainer({ name, healthCommand: 'true' });
      engine.start(name);
    }
    const running = await kitchen.run('heal-unhealthy', engine, {
      env: { ON_UNHEALTHY: program, FAIL: '1' },
    });
    const fail = (name: string): void => [1, 1, 1, 1].forEach((code) => engine.probe(name, code));
    fail('ill');
    fail('better');
    engine.probe('well', 0);
    engine.stepClock(299_000);
    engine.probe('better', 0);
    engine.stepClock(2_000);
    engine.rename('well', 'fine');
    await becomes(() => kitchen.lines('healed').length > 0);
    fail('ill');
    engine.stepClock(600_000);
    engine.rename('fine', 'well');
    await running.program.says(/Command failed/);
    await running.stop();
    expect(kitchen.lines('healed')).to.deep.equal(['ill 2']);
  });
});
