import { Subscription } from 'rxjs';
import type { Observable, Subscriber } from 'rxjs';
import { PipelineError } from '../../core/errors.ts';
import type { SinkSignal } from '../../core/types.ts';
import { openLedger } from '../shared/ledger.ts';
import { createModel } from './model.ts';
import { plainTable } from './plain.ts';
import type { TopOutput } from './screen.ts';

const LOOK_MS = 100;
const PATIENCE_MS = 10_000;

/** Prints one table as soon as all that runs has its rates, after 10 s what there is. Returns how to end it before. */
export function printOnce(
  records: Observable<unknown>,
  output: TopOutput,
  out: Subscriber<SinkSignal>,
): () => void {
  const model = createModel();
  const ledger = openLedger((delivered) => out.next({ type: 'delivered', count: delivered }));
  out.next({ type: 'open', ledger: ledger.view, target: 'the output' });
  const beganMs = performance.now();
  const input = new Subscription();
  let isOver = false;

  const end = (finish: () => void): void => {
    if (isOver) return;
    isOver = true;
    clearInterval(timer);
    input.unsubscribe();
    ledger.flush();
    finish();
  };
  const print = (): void => {
    const nowMs = Date.now();
    output.write(plainTable(model.rows(nowMs), nowMs), () => out.complete());
  };
  const look = (): void => {
    if (model.isComplete()) return end(print);
    if (performance.now() - beganMs < PATIENCE_MS) return;
    const hasTold = ledger.view.received > 0;
    end(hasTold ? print : () => out.error(silent()));
  };
  const timer = setInterval(look, LOOK_MS);
  input.add(
    records.subscribe({
      next: (record) => {
        model.take(record);
        ledger.note(true);
      },
      error: (error: unknown) => end(() => out.error(error)),
      // Stopped, or at the end of what there is.
      complete: () => end(ledger.view.received > 0 ? print : () => out.complete()),
    }),
  );
  return () => end(() => undefined);
}

const silent = (): PipelineError =>
  new PipelineError(
    'SINK_REFUSED',
    `top: no engine has told anything within ${PATIENCE_MS / 1_000} s: is Docker running? --simulate shows a simulated one`,
  );
