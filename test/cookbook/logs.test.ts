import { expect } from 'chai';
import { becomes } from '../sources/hear.ts';
import { useHook } from './hook.ts';
import { useKitchen } from './recipe.ts';

describe('cookbook: logs', () => {
  const kitchen = useKitchen();
  const hook = useHook();

  it('ship-json-logs sends each line of the project, over an outage and a restart', async () => {
    const engine = await kitchen.simulate();
    const labels = (project: string): Record<string, string> => ({
      'com.docker.compose.project': project,
      'com.docker.compose.service': 'api',
    });
    engine.createContainer({ name: 'shop-api-1', labels: labels('shop') });
    engine.createContainer({ name: 'blog-api-1', labels: labels('blog') });
    for (const name of ['shop-api-1', 'blog-api-1']) engine.start(name);
    const settings = { env: { LOGS_URL: hook.url() }, args: ['--state', 'state'] };
    const first = await kitchen.run('ship-json-logs', engine, settings);
    hook.answers.push(503);
    engine.log('shop-api-1', '{"level":"info","msg":"ready","port":8080}');
    engine.log('blog-api-1', 'of nobody here');
    await becomes(() => hook.posts.length >= 2);
    await first.stop();
    engine.log('shop-api-1', 'plain text', 'stderr');
    const second = await kitchen.run('ship-json-logs', engine, settings);
    await becomes(() => hook.posts.length >= 3);
    await second.stop();

    expect(hook.posts[0]).to.deep.equal(hook.posts[1]);
    const taken = hook.posts.slice(1).flatMap(({ body }) => body.trimEnd().split('\n'));
    const records = taken.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(
      records.map(({ '@timestamp': time, host, ...rest }) => [typeof time, typeof host, rest]),
    ).to.deep.equal([
      [
        'string',
        'string',
        {
          level: 'info',
          msg: 'ready',
          port: 8080,
          container: 'shop-api-1',
          service: 'api',
          stream: 'stdout',
        },
      ],
      [
        'string',
        'string',
        { message: 'plain text', container: 'shop-api-1', service: 'api', stream: 'stderr' },
      ],
    ]);
    expect(hook.posts[0]!.type).to.equal('application/x-ndjson');
  });
});
