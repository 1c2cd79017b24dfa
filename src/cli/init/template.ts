/** What the files are made for. */
export interface Made {
  /** Of the package: as npm allows it. */
  readonly name: string;
  /** The dependency on dockrx: a version, or where a copy of it lies. */
  readonly dockrx: string;
  /** Versions of what stands beside it. */
  readonly rxjs: string;
  readonly typescript: string;
  readonly nodeTypes: string;
  readonly node: string;
}

/** The pipeline's file among {@link templateFiles}. */
export const PIPELINE_FILE = 'containers.ts';

/** The files of a new folder, by their names. */
export const templateFiles = (made: Made): Readonly<Record<string, string>> => ({
  [PIPELINE_FILE]: PIPELINE,
  'containers.test.ts': TEST,
  'package.json': json({
    name: made.name,
    private: true,
    type: 'module',
    engines: { node: made.node },
    scripts: {
      start: `pipeline run ${PIPELINE_FILE}`,
      check: `pipeline check ${PIPELINE_FILE}`,
      test: 'pipeline test',
    },
    dependencies: { dockrx: made.dockrx, rxjs: made.rxjs },
    devDependencies: { '@types/node': made.nodeTypes, typescript: made.typescript },
  }),
  'tsconfig.json': json({
    compilerOptions: {
      target: 'es2023',
      lib: ['es2023'],
      module: 'esnext',
      moduleResolution: 'bundler',
      moduleDetection: 'force',
      isolatedModules: true,
      allowImportingTsExtensions: true,
      resolveJsonModule: true,
      types: ['node'],
      strict: true,
      skipLibCheck: true,
      noEmit: true,
    },
  }),
  '.gitignore': 'node_modules/\ndata/\n',
});

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

const PIPELINE = `// Containers that start and end: on the terminal, and a line of JSON each in data/containers.ndjson.
import { console, dockerEvents, ndjsonFile, pipeline } from 'dockrx';
import type { DockerEvent, Gap } from 'dockrx';
import { filter, map } from 'rxjs';

const isStartOrEnd = (record: DockerEvent | Gap): record is DockerEvent =>
  record.kind === 'docker-event' && record.type === 'container' && ['start', 'die'].includes(record.action);

export default pipeline(
  'containers',
  dockerEvents(),
  filter(isStartOrEnd),
  map(({ time, action, attributes, exit }) => ({
    time,
    action,
    container: attributes.name,
    image: attributes.image,
    ...(exit && { exitCode: exit.code }),
  })),
  [console(), ndjsonFile({ path: 'data/containers.ndjson' })],
);
`;

const TEST = `import { test } from 'node:test';
import { dockerEvent, expectPipeline, matching } from 'dockrx/testing';
import containers from './containers.ts';

test('tells when containers start and end, and nothing else', () =>
  expectPipeline(containers)
    .given('a 9ms b 9ms c', {
      a: dockerEvent({ action: 'start', name: 'web', image: 'nginx:1.27' }),
      b: dockerEvent({ action: 'exec_start: sh', name: 'web' }),
      c: dockerEvent({ action: 'die', name: 'web', exitCode: 137 }),
    })
    .emits('a 19ms c', {
      a: matching({ action: 'start', container: 'web', image: 'nginx:1.27' }),
      c: matching({ action: 'die', container: 'web', exitCode: 137 }),
    }));
`;
