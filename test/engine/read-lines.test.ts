import { expect } from 'chai';
import { once } from 'node:events';
import { Agent, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { readLines } from '../../src/engine/lines.ts';
import { answerStream, ask, scriptedEngine, type Answer, type ScriptedEngine } from './scripted-engine.ts';

describe('readLines', () => {
  let engine: ScriptedEngine;
  let agent: Agent;
  const serve = async (answer: Answer): Promise<IncomingMessage> => {
    engine = await scriptedEngine({ tcp: true, answers: { '/events': answer } });
    return ask(engine, '/events', agent);
  };
  beforeEach(() => (agent = new Agent({ keepAlive: true })));
  afterEach(async () => {
    agent.destroy();
    await engine.close();
  });

  /** Starts an answer with these lines, then does that to its socket. */
  const then =
    (end: (socket: Socket) => void): Answer =>
    (response, request) => {
      answerStream(response, request);
      response.write('one\ntwo\nthr', () => end(request.socket));
    };

  interface Ending {
    readonly lines: readonly string[];
    readonly endings: readonly (Error | undefined)[];
  }

  /** Everything that was said up to when the connection is closed for good. */
  const readAll = async (answer: IncomingMessage): Promise<Ending> => {
    const lines: string[] = [];
    const endings: (Error | undefined)[] = [];
    const closed = once(answer, 'close').catch(() => undefined);
    await new Promise<void>((resolve) => {
      readLines(
        answer,
        { maxBytes: 100, line: (text) => lines.push(text), bad: () => undefined },
        (error) => {
          endings.push(error);
          resolve();
        },
      );
    });
    await closed;
    await new Promise(setImmediate);
    return { lines, endings };
  };

  it('ends once, with nothing, when the engine ends its answer', async () => {
    const { lines, endings } = await readAll(await serve((response) => response.end('one\ntwo\n')));
    expect(lines).to.deep.equal(['one', 'two']);
    expect(endings).to.deep.equal([undefined]);
  });

  const deaths: Readonly<Record<string, (socket: Socket) => void>> = {
    'is cut by RST': (socket) => void socket.resetAndDestroy(),
    'is ended by FIN in the middle of a chunk': (socket) => void socket.end('a\r\nfour'),
    'is closed between two chunks': (socket) => void socket.end(),
    'is destroyed': (socket) => void socket.destroy(),
    'goes on with what is no chunk': (socket) => void socket.end('no size\r\n'),
  };
  for (const [how, end] of Object.entries(deaths))
    it(`ends once, with an error, when the connection ${how}`, async () => {
      const { lines, endings } = await readAll(await serve(then(end)));
      expect(lines).to.deep.equal(['one', 'two']);
      expect(endings).to.have.lengthOf(1);
      expect(endings[0]).to.be.instanceOf(Error);
      expect(endings[0]!.message).to.not.equal('');
    });

  it('is stopped: the connection is closed and nothing is called any more', async () => {
    const answer = await serve(then(() => undefined));
    const calls: unknown[] = [];
    await new Promise<void>((resolve) => {
      const stop = readLines(
        answer,
        {
          maxBytes: 100,
          line: (text) => {
            calls.push(text);
            stop();
            resolve();
          },
          bad: (reason) => calls.push(reason),
        },
        (error) => calls.push(error),
      );
    });
    await engine.allClosed();
    await new Promise(setImmediate);
    expect(calls).to.deep.equal(['one']);
    expect(answer.destroyed).to.equal(true);
  });

  it('may be stopped when it has ended', async () => {
    const answer = await serve((response) => response.end('one\n'));
    let stop = (): void => undefined;
    await new Promise<void>((resolve) => {
      stop = readLines(answer, { maxBytes: 100, line: () => undefined, bad: () => undefined }, () =>
        resolve(),
      );
    });
    stop();
    stop();
  });

  it('never lets the engine wait', async () => {
    const line = `${'x'.repeat(1000)}\n`;
    const count = 20_000;
    const answer = await serve((response, request) => {
      answerStream(response, request);
      const send = (left: number): void => {
        if (left === 0) response.end();
        else response.write(line, () => send(left - 1));
      };
      send(count);
    });
    let lines = 0;
    await new Promise<void>((resolve) => {
      readLines(
        answer,
        {
          maxBytes: 2000,
          line: () => {
            lines += 1;
            expect(answer.isPaused()).to.equal(false);
          },
          bad: () => undefined,
        },
        () => resolve(),
      );
    });
    expect(lines).to.equal(count);
  });
});
