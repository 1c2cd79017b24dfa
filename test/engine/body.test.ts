import { expect } from 'chai';
import type { IncomingMessage } from 'node:http';
import { readBody } from '../../src/engine/body.ts';
import { answerStream, ask, scriptedEngine, type Answer, type ScriptedEngine } from './scripted-engine.ts';

describe('readBody', () => {
  let engine: ScriptedEngine;
  const serve = async (answer: Answer): Promise<IncomingMessage> => {
    engine = await scriptedEngine({ tcp: true, answers: { '/': answer } });
    return ask(engine, '/');
  };
  afterEach(() => engine.close());

  it('puts characters together that came in pieces', async () => {
    const bytes = Buffer.from('größe 🐳');
    const answer = await serve((response) => {
      const send = (at: number): void => {
        if (at === bytes.length) response.end();
        else response.write(bytes.subarray(at, at + 1), () => send(at + 1));
      };
      send(0);
    });
    expect(await readBody(answer, 1000)).to.equal('größe 🐳');
  });

  it('is empty when nothing came', async () => {
    expect(await readBody(await serve((response) => response.end()), 10)).to.equal('');
  });

  it('takes exactly as much as is allowed', async () => {
    expect(await readBody(await serve((response) => response.end('x'.repeat(10))), 10)).to.equal(
      'x'.repeat(10),
    );
  });

  it('refuses more, and closes the connection', async () => {
    const answer = await serve((response) => {
      const send = (): unknown => response.destroyed || response.write('x'.repeat(1000), send);
      send();
    });
    const outcome = await readBody(answer, 10_000).catch((error: unknown) => error as Error);
    expect(outcome).to.be.instanceOf(Error).with.property('message').that.contains('10000 bytes');
    await engine.allClosed();
  });

  it('tells of a body that is cut off', async () => {
    const answer = await serve((response, request) => {
      answerStream(response, request);
      response.write('[{"Id":', () => request.socket.destroy());
    });
    const outcome = await readBody(answer, 1000).catch((error: unknown) => error as Error);
    expect(outcome).to.be.instanceOf(Error);
  });

  it('tells of a body shorter than its length', async () => {
    const answer = await serve((response, request) => {
      response.writeHead(200, { 'Content-Length': 100 });
      response.write('short', () => request.socket.end());
    });
    const outcome = await readBody(answer, 1000).catch((error: unknown) => error as Error);
    expect(outcome).to.be.instanceOf(Error);
  });

  it('does not wait for ever for an end that does not come', async () => {
    const answer = await serve((response, request) => {
      answerStream(response, request);
      response.write('[');
    });
    const outcome = await readBody(answer, 1000, 50).catch((error: unknown) => error as Error);
    expect(outcome).to.be.instanceOf(Error).with.property('message').that.contains('within 0.05 s');
    await engine.allClosed();
  });
});
