import { expect } from 'chai';
import { EventEmitter } from 'node:events';
import { concat, from, NEVER, of, throwError } from 'rxjs';
import type { Observable } from 'rxjs';
import { PipelineError } from '../../src/core/errors.ts';
import { top } from '../../src/sinks/top.ts';
import type { TopOptions } from '../../src/sinks/top.ts';
import { fullScreenAfter } from '../cli/full-screen.ts';
import { listen, ofType, stopListening, sum } from '../contracts/listen.ts';
import type { Listening } from '../contracts/listen.ts';
import { sinkContract } from '../contracts/sink-contract.ts';
import { released, resources } from '../contracts/resources.ts';
import { facts, info, reading } from './top/records.ts';

/** A terminal and its keyboard. */
function terminal(isTTY = true): Required<Pick<TopOptions, 'output' | 'input'>> & {
  readonly written: () => string;
  readonly type: (keys: string) => void;
  readonly isRaw: () => boolean;
} {
  let [text, isRaw] = ['', false];
  const keyboard = new EventEmitter();
  const output = Object.assign(new EventEmitter(), {
    ...{ isTTY, columns: 100, rows: 20 },
    write(more: string, done?: () => void) {
      text += more;
      if (done !== undefined) setImmediate(done);
    },
  });
  const input = Object.assign(keyboard, {
    ...{ isTTY, resume: () => undefined, pause: () => undefined },
    setRawMode: (raw: boolean) => (isRaw = raw),
  });
  return {
    ...{ output, input, written: () => text, isRaw: () => isRaw },
    type: (keys) => void keyboard.emit('data', Buffer.from(keys)),
  };
}

const now = (record: object): object => ({ ...record, time: new Date().toISOString() });
/** Fresh ones: readings become old. */
const told = (): readonly object[] =>
  [info(1), facts('web'), reading('web', { cpuPercent: 1 }), reading('web', { cpuPercent: 2 })].map(now);

const isRestored = (text: string): boolean => {
  const { alternate, hasCursor, wraps } = fullScreenAfter(text, 100);
  return alternate === undefined && hasCursor && wraps;
};

describe('top', () => {
  afterEach(stopListening);
  const open = (options: TopOptions, records: Observable<unknown> = concat(from(told()), NEVER)): Listening =>
    listen(top(options), records);

  sinkContract(
    'top',
    () => ({
      make: () => {
        const { output, input } = terminal();
        return top({ output, input });
      },
    }),
    { hasQueue: false },
  );

  it('refuses wrong options when it is made', () => {
    expect(() => top({ once: 1 as never })).to.throw(PipelineError, 'once must be true or false');
    expect(() => top({ sort: 'cpu' } as never)).to.throw(PipelineError, 'there is no option "sort"');
  });

  it('does nothing before it is subscribed', () => {
    const { output, input, written } = terminal();
    of(1).pipe(top({ output, input }));
    expect(written()).to.equal('');
  });

  it('counts every record, shows those it knows, and releases everything at q', async () => {
    const before = await resources();
    const { output, input, type, written, isRaw } = terminal();
    const heard = open({ output, input }, concat(from([...told(), 'x']), NEVER));
    expect(isRaw()).to.equal(true);
    expect(heard.signals[0]!.type).to.equal('open');
    type('t');
    expect(fullScreenAfter(written(), 100).alternate!.join('\n')).to.match(/^web .* 2\.0$/m);
    type('q');
    const { signals, ledger } = await heard.end;
    expect(sum(ofType(signals, 'delivered').map(({ count }) => count))).to.equal(5);
    expect(ledger).to.include({ received: 5, delivered: 5, inFlight: 0 });
    expect([isRestored(written()), isRaw()]).to.deep.equal([true, false]);
    expect([output, input].map((one) => (one as unknown as EventEmitter).eventNames())).to.deep.equal([
      [],
      [],
    ]);
    await released(before);
  });

  it('restores the terminal when its input ends or fails, when it is abandoned, and when the terminal goes', async () => {
    const failure = new Error('an operator before the sink has failed');
    for (const [records, end] of [
      [of(1), (heard: Listening) => heard.end],
      [
        throwError(() => failure),
        (heard: Listening) => heard.end.catch((error: unknown) => expect(error).to.equal(failure)),
      ],
      [NEVER, (heard: Listening) => heard.stop()],
      [NEVER, (heard: Listening, gone: () => void) => (gone(), heard.end)],
    ] as const) {
      const { output, input, written, isRaw } = terminal();
      const heard = open({ output, input }, records);
      await end(heard, () => void (input as unknown as EventEmitter).emit('end'));
      expect([isRestored(written()), isRaw()]).to.deep.equal([true, false]);
    }
  });

  it('prints one table where the output is no terminal, as soon as there are rates, and ends', async () => {
    const { output, input, written, isRaw } = terminal(false);
    await open({ output, input }).end;
    expect(written()).to.match(/^NAME .*HOST\nweb .* 2\.0 .*vm\n$/);
    expect(isRaw()).to.equal(false);
  });

  it('prints what there is when it is stopped before, and nothing where nothing came', async () => {
    for (const [records, text] of [
      [from(told().slice(0, 2)), /^NAME .*\nweb .*\n$/],
      [from([]), /^$/],
    ] as const) {
      const { output, input, written } = terminal();
      await open({ output, input, once: true }, records).end;
      expect(written()).to.match(text);
    }
  });
});
