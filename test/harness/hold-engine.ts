// A program that starts an engine, tells its folder in one line and then waits to be ended.
// usage: hold-engine.ts KIND [throw]   with `throw` it fails by itself right after telling
import { startEngine } from './engines.ts';
import { engineKinds } from './kinds.ts';

const [name, end] = process.argv.slice(2);
const [kind] = engineKinds({ DOCKRX_ENGINES: name });
const engine = await startEngine(kind!);
await engine.docker('run', '--detach', engine.image);
process.stdout.write(`${engine.dir}\n`);
if (end === 'throw') throw new Error('a test program that fails');
setInterval(() => undefined, 60_000);
