import { createRequire } from 'node:module';
import { dirname } from 'node:path';

const require = createRequire(import.meta.url);

/** Where this package lies. */
export const packageRoot = (): string => dirname(require.resolve('dockrx/package.json'));

/** The RxJS that this package uses. */
export const rxjsRoot = (): string => dirname(require.resolve('rxjs/package.json'));

/** What this package says of itself. */
export interface Manifest {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly engines: { readonly node: string };
}

export const readManifest = (): Manifest => require('dockrx/package.json') as Manifest;

export const packageVersion = (): string => readManifest().version;
