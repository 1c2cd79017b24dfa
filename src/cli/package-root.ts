import { createRequire } from 'node:module';
import { dirname } from 'node:path';

const require = createRequire(import.meta.url);

/** Where this package lies. */
export const packageRoot = (): string => dirname(require.resolve('dockrx/package.json'));

/** The RxJS that this package uses. */
export const rxjsRoot = (): string => dirname(require.resolve('rxjs/package.json'));

export const packageVersion = (): string => (require('dockrx/package.json') as { version: string }).version;
