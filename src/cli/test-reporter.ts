import { resolve, sep } from 'node:path';
import { Readable } from 'node:stream';
import { spec as SpecReporter } from 'node:test/reporters';

/** Tells the reporter the folder of the modules that test files are made to: each in one of its own, under its name. */
export const MODULES = 'DOCKRX_TEST_MODULES';

/** Where in it the module of a test file lies. */
export const moduleOf = (name: string, number: number): string => `${number}${sep}${name}.mjs`;

interface TestEvent {
  readonly type: string;
  readonly data: { readonly name?: string; readonly file?: string };
}

/** Node's spec reporter, which hears of the files that people have written and not of what was made of them. */
async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<unknown, void> {
  yield* Readable.from(named(events)).pipe(new SpecReporter());
}

async function* named(events: AsyncIterable<TestEvent>): AsyncGenerator<TestEvent, void> {
  const folder = `${process.env[MODULES] ?? ''}${sep}`;
  const nameOf = (path: string): string | undefined =>
    path.startsWith(folder) ? /^\d+.(.+)\.mjs$/.exec(path.slice(folder.length))?.[1] : undefined;
  for await (const { type, data } of events) {
    const { name = '', file = '' } = data;
    const module = nameOf(name);
    // As newer versions of Node tell a file of which no test was run.
    if (module !== undefined && type === 'test:pass') continue;
    const written = nameOf(file);
    yield {
      type,
      data: {
        ...data,
        ...(module !== undefined && { name: module }),
        ...(written !== undefined && { file: resolve(written) }),
      },
    };
  }
}

// Node asks for a default export.
export { report as default };
