import { type TestEngine, startEngine } from './engines.ts';
import type { EngineKind } from './kinds.ts';
import { needs } from './needs.ts';

const START_TIMEOUT_MS = 15 * 60_000;
/** Files of many layers take their time to be deleted. */
const STOP_TIMEOUT_MS = 5 * 60_000;

/** Gives the suite it is called in one engine for all its tests; skipped or failed as {@link needs} says. */
export function useEngine(kind: EngineKind, flags: readonly string[] = []): () => TestEngine {
  let engine: TestEngine | undefined;
  needs(kind);
  before(`starts ${kind}`, async function () {
    this.timeout(START_TIMEOUT_MS);
    engine = await startEngine(kind, flags);
  });
  after(`stops ${kind}`, async function () {
    this.timeout(STOP_TIMEOUT_MS);
    await engine?.stop();
  });
  return () => {
    if (engine === undefined)
      throw new Error(`${kind} has not been started yet: ask for it inside a test or hook`);
    return engine;
  };
}
