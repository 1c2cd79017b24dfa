import { Subscription } from 'rxjs';
import type { Observable, Subscriber } from 'rxjs';
import { messageOf } from '../../core/errors.ts';
import { onFact } from '../../core/facts.ts';
import { booksOfRuns } from '../../core/running.ts';
import type { SinkSignal } from '../../core/types.ts';
import { openLedger } from '../shared/ledger.ts';
import { flowOf, ratesOf } from './flows.ts';
import type { Flow } from './flows.ts';
import { frameOf } from './frame.ts';
import type { View } from './frame.ts';
import { FIRST_SETTINGS, keysIn, press } from './keys.ts';
import type { Extent } from './keys.ts';
import { createModel } from './model.ts';
import { openScreen } from './screen.ts';
import type { TopOutput } from './screen.ts';

/** What is used of a keyboard: `process.stdin`, or anything like it. */
export interface TopInput {
  readonly isTTY?: boolean;
  setRawMode?(isRaw: boolean): unknown;
  on(event: 'data' | 'end', listener: (chunk: Buffer) => void): unknown;
  off(event: 'data' | 'end', listener: (chunk: Buffer) => void): unknown;
  resume(): unknown;
  pause(): unknown;
}

const DRAW_MS = 500;
const RATES_MS = 2_000;

/** Shows what the records tell, until they end or somebody has seen enough. Returns how to end it before. */
export function showLive(
  records: Observable<unknown>,
  { output, input }: { readonly output: TopOutput; readonly input: TopInput },
  out: Subscriber<SinkSignal>,
): () => void {
  const model = createModel();
  const ledger = openLedger((delivered) => out.next({ type: 'delivered', count: delivered }));
  const readFlows = flowReader();
  out.next({ type: 'open', ledger: ledger.view, target: 'the terminal' });

  let settings = FIRST_SETTINGS;
  let extent: Extent = { rows: 0, page: 1 };
  let view: View | undefined;
  let trouble: string | undefined;
  const silence = onFact((fact) => {
    if (fact.type === 'retrying') trouble = messageOf(fact.error);
    if (fact.type === 'connected') trouble = undefined;
  });
  const look = (nowMs: number): View => ({
    nowMs,
    engines: model.engines(),
    isSimulated: model.isSimulated(),
    rows: model.rows(nowMs),
    items: model.items(),
    flows: readFlows(),
    trouble,
  });
  const screen = openScreen(output);
  const draw = (): void => {
    view ??= look(Date.now());
    // Some terminals say 0.
    const size = { columns: output.columns || 80, rows: output.rows || 24 };
    const frame = frameOf(view, settings, { ...size, colours: output.hasColors?.() === true });
    extent = frame.extent;
    screen.draw(frame.lines);
  };
  const tick = (): void => {
    if (!settings.isPaused) view = undefined;
    draw();
  };
  const resized = (): void => {
    screen.forget();
    draw();
  };
  const timer = setInterval(tick, DRAW_MS);
  output.on('resize', resized);

  const taking = new Subscription();
  const close = (): void => {
    taking.unsubscribe();
    clearInterval(timer);
    output.off('resize', resized);
    stopKeys();
    silence();
    screen.close();
    ledger.flush();
  };
  const end = (): void => {
    close();
    out.complete();
  };
  const typed = (text: string): void => {
    for (const key of keysIn(text)) {
      const next = press(settings, key, extent);
      if (next === undefined) return end();
      settings = next;
    }
    tick();
  };
  const stopKeys = listenTo(input, typed, end);
  draw();
  taking.add(
    records.subscribe({
      next: (record) => {
        // What is not shown here is no error.
        model.take(record);
        ledger.note(true);
      },
      error: (error: unknown) => {
        close();
        out.error(error);
      },
      complete: end,
    }),
  );
  return close;
}

/** Each key at once, none written. `gone`: nobody sits there any more. */
function listenTo(input: TopInput, heard: (text: string) => void, gone: () => void): () => void {
  if (input.isTTY !== true) return () => undefined;
  const data = (chunk: Buffer): void => heard(chunk.toString());
  input.setRawMode?.(true);
  input.on('data', data);
  input.on('end', gone);
  input.resume();
  return () => {
    input.off('data', data);
    input.off('end', gone);
    input.setRawMode?.(false);
    input.pause();
  };
}

/** The pipelines of the process; to be called where the sink is subscribed. */
function flowReader(): () => View['flows'] {
  const books = booksOfRuns();
  let [before, since]: [ReadonlyMap<string, Flow>, number] = [new Map(), performance.now()];
  let rates = new Map<string, ReturnType<typeof ratesOf>>();
  return () => {
    const flows = [...books.values()].map(flowOf);
    const seconds = (performance.now() - since) / 1_000;
    if (before.size === 0 || seconds >= RATES_MS / 1_000) {
      rates = new Map(flows.map((flow) => [flow.name, ratesOf(flow, before.get(flow.name), seconds)]));
      before = new Map(flows.map((flow) => [flow.name, flow]));
      since = performance.now();
    }
    return flows.map((flow) => ({ ...flow, rates: rates.get(flow.name) }));
  };
}
