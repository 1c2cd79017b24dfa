import { expect } from 'chai';
import { Writable } from 'node:stream';
import { from, NEVER, Subject } from 'rxjs';
import { console as consoleSink } from '../../src/sinks/console.ts';
import type { ConsoleOptions } from '../../src/sinks/console.ts';
import { listen, numbered } from '../contracts/listen.ts';
import { resources, released } from '../contracts/resources.ts';
import { sinkContract } from '../contracts/sink-contract.ts';
import { parsed } from './ndjson-file/folders.ts';

/** A stream like a pipe's, which keeps what it is given. */
function pipe(): { readonly stream: Writable; readonly text: () => string } {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write: (chunk: Buffer, _, done) => {
      chunks.push(chunk);
      setImmediate(done);
    },
  });
  return { stream, text: () => Buffer.concat(chunks).toString() };
}

describe('console', () => {
  sinkContract('console in a pipe', () => {
    const { stream, text } = pipe();
    return {
      make: (queue) => consoleSink({ stream, ...(queue && { queue }) }),
      read: () => Promise.resolve(parsed(text())),
    };
  });

  it('writes NDJSON where the output is no terminal', async () => {
    const { stream, text } = pipe();
    await listen(consoleSink({ stream }), from([{ a: 1 }, { b: '\u001b[31m' }])).end;
    expect(text()).to.equal('{"a":1}\n{"b":"\\u001b[31m"}\n');
    expect(stream.writableEnded, 'it is not ours to close').to.equal(false);
  });

  it('has one write under way at a time', async () => {
    let most = 0;
    let under = 0;
    const stream = new Writable({
      writev: (chunks, done) => {
        most = Math.max(most, chunks.length);
        setImmediate(done);
      },
      write: (_, __, done) => {
        most = Math.max(most, (under += 1));
        setImmediate(() => {
          under -= 1;
          done();
        });
      },
    });
    const { ledger } = await listen(
      consoleSink({ stream, queue: { capacity: 20_000 } }),
      from(numbered(20_000)),
    ).end;
    expect(ledger.delivered).to.equal(20_000);
    expect(most).to.equal(1);
  });

  it('ends with a plain error when nobody reads any more', async () => {
    const before = await resources();
    const stream = new Writable({
      write: (_, __, done) => done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })),
    });
    const input = new Subject<unknown>();
    const heard = listen(consoleSink({ stream }), input);
    input.next(1);
    const error: unknown = await heard.end.catch((reason: unknown) => reason);
    expect(error).to.have.property('code', 'SINK_REFUSED');
    expect(error).to.have.property('message', 'console: nobody reads the output any more (EPIPE)');
    expect(stream.listenerCount('error')).to.equal(0);
    await released(before);
  });

  it('can be abandoned while the output does not move', async () => {
    let finish: (() => void) | undefined;
    const stream = new Writable({ write: (_, __, done) => (finish = done) });
    const heard = listen(consoleSink({ stream }), NEVER);
    const input = new Subject<unknown>();
    const stuck = listen(consoleSink({ stream }), input);
    input.next(1);
    await stuck.until(({ inFlight }) => inFlight === 1);
    stuck.stop();
    heard.stop();
    finish?.();
    expect(stuck.signals.map(({ type }) => type)).to.deep.equal(['open', 'opened']);
  });

  it('refuses unknown options by name', () => {
    expect(() => consoleSink({ colour: true } as ConsoleOptions)).to.throw(
      /console: there is no option "colour"/,
    );
  });
});
