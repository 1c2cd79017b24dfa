import Mocha from 'mocha';
import { writeFileSync } from 'node:fs';
import { skipReasonOf } from './needs.ts';

/** How long a process may take to end after its last test. */
const GRACE_MS = 15_000;
const { EVENT_RUN_END, EVENT_TEST_PENDING } = Mocha.Runner.constants;

/** What a run came to; written as JSON to the file `DOCKRX_TEST_RESULT` names. */
export interface TestResult {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Mocha's `spec`, followed by why suites were skipped; hands its figures to `npm test`. */
export default class Reporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options?: Mocha.MochaOptions) {
    super(runner, options);
    const reasons = new Map<string, number>();
    runner.on(EVENT_TEST_PENDING, (test) => {
      const reason = reasonFor(test.parent);
      if (reason !== undefined) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    });
    runner.once(EVENT_RUN_END, () => {
      for (const [reason, count] of reasons) Mocha.reporters.Base.consoleLog(`  ${count} skipped: ${reason}`);
      const { passes: passed, failures: failed, pending: skipped } = runner.stats!;
      hand({ passed, failed, skipped });
      // Only fires when something keeps the process alive; a suite that leaves it open has not passed.
      setTimeout(() => {
        const open = process.getActiveResourcesInfo().join(', ');
        Mocha.reporters.Base.consoleLog(`  failed: the tests left something open: ${open}`);
        hand({ passed, failed: failed + 1, skipped });
        process.exit();
      }, GRACE_MS).unref();
    });
  }
}

function hand(result: TestResult): void {
  const { DOCKRX_TEST_RESULT: file } = process.env;
  if (file !== undefined) writeFileSync(file, JSON.stringify(result));
}

function reasonFor(suite: Mocha.Suite | undefined): string | undefined {
  return suite === undefined ? undefined : (skipReasonOf(suite) ?? reasonFor(suite.parent));
}
