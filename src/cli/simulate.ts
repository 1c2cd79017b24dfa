import type { Log } from './log.ts';

export type SimulateWhen = 'always' | 'if-absent';

/**
 * Starts the simulated engine and makes it the one that sources find by default; with `if-absent` only where no
 * engine answers. Resolves to how to end it.
 */
export async function simulate(when: SimulateWhen | undefined, log: Log): Promise<() => Promise<void>> {
  if (when === undefined) return () => Promise.resolve();
  let reason = '';
  if (when === 'if-absent') {
    const { engineAnswers } = await import('../engine/probe.ts');
    const found = await engineAnswers();
    // A wrong setting is not an absent engine: the sources will say what is wrong with it.
    if ('address' in found || !found.absent) return () => Promise.resolve();
    reason = `no Docker engine answers (${found.reason}); `;
  }
  const { startSimulator } = await import('../simulator/index.ts');
  const simulator = await startSimulator();
  process.env['DOCKER_HOST'] = simulator.host;
  for (const name of ['DOCKER_CONTEXT', 'DOCKER_TLS', 'DOCKER_TLS_VERIFY', 'DOCKER_CERT_PATH'])
    Reflect.deleteProperty(process.env, name);
  log.warn(
    { simulated: true, host: simulator.host },
    `${reason}running against a simulated engine: its records are marked "simulated": true`,
  );
  return () => simulator.close();
}
