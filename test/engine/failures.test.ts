import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { dockerEngine } from '../../src/engine/engine.ts';
import { needs } from '../harness/needs.ts';
import { failing } from './failing.ts';
import {
  answerJson,
  answerStream,
  pong,
  scriptedEngine,
  type Answer,
  type ScriptedEngine,
} from './scripted-engine.ts';
import { useTempFolder } from './temp-folder.ts';

const never = new AbortController().signal;
const connect = (address: string, headerTimeoutMs?: number): Promise<unknown> =>
  dockerEngine({ address, ...(headerTimeoutMs === undefined ? {} : { headerTimeoutMs }) }).connect(never);

describe('an engine that is away', () => {
  const folder = useTempFolder();

  it('has no socket: is it running?', async () => {
    const address = `unix://${join(folder(), 'docker.sock')}`;
    expect(await failing('SOURCE_UNAVAILABLE', connect(address))).to.equal(
      `cannot reach the engine at ${address} (ENOENT): is the engine running? Start it, or set DOCKER_HOST`,
    );
  });

  it('has left its socket behind: nothing listens', async () => {
    const path = join(folder(), 'docker.sock');
    const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', script]);
    expect(await failing('SOURCE_UNAVAILABLE', connect(`unix://${path}`)))
      .to.contain(path)
      .and.contain('(ECONNREFUSED): nothing listens there; start the engine');
  });

  it('has a port where nothing listens', async () => {
    const engine = await scriptedEngine({ tcp: true });
    await engine.close();
    expect(await failing('SOURCE_UNAVAILABLE', connect(engine.address)))
      .to.contain(engine.address)
      .and.contain('(ECONNREFUSED)');
  });

  it('has a name that does not resolve', async () => {
    const message = await failing('SOURCE_UNAVAILABLE', connect('tcp://engine.invalid:2375'));
    expect(message).to.contain('engine.invalid').and.contain('does not resolve');
  });

  it('is cut off before it has answered', async () => {
    const server = createServer((socket) => socket.once('data', () => socket.destroy()));
    const path = join(folder(), 'docker.sock');
    await new Promise<void>((resolve) => server.listen(path, resolve));
    const message = await failing('SOURCE_UNAVAILABLE', connect(`unix://${path}`));
    expect(message).to.contain(path).and.contain('ECONNRESET');
    await new Promise((resolve) => server.close(resolve));
  });

  it('speaks another protocol', async () => {
    const server = createServer((socket) => {
      socket
        .on('error', () => undefined)
        .resume()
        .end('SSH-2.0-OpenSSH_9.2\r\n');
    });
    const path = join(folder(), 'docker.sock');
    await new Promise<void>((resolve) => server.listen(path, resolve));
    const message = await failing('SOURCE_UNAVAILABLE', connect(`unix://${path}`));
    expect(message).to.contain(path).and.contain('Parse Error');
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('an engine this user may not speak to', () => {
  needs('root');

  const asNobody = async (what: () => Promise<void>): Promise<void> => {
    process.seteuid!(65_534);
    try {
      await what();
    } finally {
      process.seteuid!(0);
    }
  };

  it('ends the pipeline and says what to do', async () => {
    const engine = await scriptedEngine();
    try {
      const path = engine.address.replace('unix://', '');
      chmodSync(dirname(path), 0o755);
      chmodSync(path, 0o600);
      await asNobody(async () => {
        expect(await failing('SOURCE_REFUSED', connect(engine.address))).to.equal(
          `cannot reach the engine at ${engine.address} (EACCES): add this user to the docker group, run as one that may, or set DOCKER_HOST`,
        );
      });
    } finally {
      await engine.close();
    }
  });

  it('is only away when it has answered before: it is just being started', async () => {
    const scripted = await scriptedEngine();
    try {
      const path = scripted.address.replace('unix://', '');
      const engine = dockerEngine({ address: scripted.address });
      (await engine.connect(never)).close();
      chmodSync(dirname(path), 0o755);
      chmodSync(path, 0o600);
      await asNobody(async () => {
        expect(await failing('SOURCE_UNAVAILABLE', engine.connect(never))).to.contain('EACCES');
      });
    } finally {
      await scripted.close();
    }
  });
});

describe('what answers a ping', () => {
  let engine: ScriptedEngine | undefined;
  afterEach(() => engine?.close());
  const pinged = async (answer: Answer): Promise<unknown> => {
    engine = await scriptedEngine({ answers: { '/_ping': answer } });
    return connect(engine.address);
  };
  const page: Answer = (response) =>
    response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end('<html>Log in</html>');

  const passing: readonly (readonly [string, Answer, string])[] = [
    ['a page of HTML', page, '<html>Log in</html>'],
    ['another service', (response) => response.end('hello'), 'no container engine'],
    ['nothing', (response) => response.end(), 'no container engine'],
    ['null', answerJson(null), 'no container engine'],
    ['more than a ping needs', (response) => response.end('x'.repeat(100_000)), 'no container engine'],
    ['an engine in trouble', answerJson({ message: 'no space left' }, 500), 'it answered 500: no space left'],
    [
      'a proxy without an engine',
      (response) => response.writeHead(503).end('<h1>503</h1>'),
      '503: "<h1>503</h1>"',
    ],
    ['one that is asked too often', answerJson({ message: 'slow down' }, 429), '429: slow down'],
    ['a redirect', (response) => response.writeHead(302, { Location: '/login' }).end(), 'it answered 302'],
    ['an answer without content', (response) => response.writeHead(204).end(), 'it answered 204'],
  ];
  for (const [what, answer, said] of passing)
    it(`may be ${what}: tried again`, async () => {
      const message = await failing('SOURCE_UNAVAILABLE', pinged(answer));
      expect(message).to.contain(said).and.contain(engine!.address);
    });

  const refusing: readonly (readonly [string, Answer, string])[] = [
    [
      'a proxy that forbids it',
      (response) => response.writeHead(403).end('Forbidden by rules'),
      '403: "Forbidden by rules"',
    ],
    [
      'one that wants a login',
      answerJson({ message: 'authorization denied' }, 401),
      '401: authorization denied',
    ],
    ['one that knows no such path', answerJson({ message: 'page not found' }, 404), '404: page not found'],
    ['Podman, refusing', answerJson({ cause: 'bad', message: 7 }, 400), '400: bad'],
    [
      'an engine that speaks TLS',
      (response) => response.writeHead(400).end('Client sent an HTTP request to an HTTPS server.\n'),
      'set DOCKER_TLS_VERIFY=1',
    ],
  ];
  for (const [what, answer, said] of refusing)
    it(`may be ${what}: the end`, async () => {
      const message = await failing('SOURCE_REFUSED', pinged(answer));
      expect(message).to.contain(said).and.contain(engine!.address);
    });

  it('is not followed where it redirects to', async () => {
    const other = await scriptedEngine({ tcp: true });
    try {
      const location = other.address.replace('tcp', 'http');
      for (const place of [location, 'ftp://engine.invalid/', 'http://engine.invalid/', '/elsewhere', '//'])
        await failing(
          'SOURCE_UNAVAILABLE',
          pinged((response) => response.writeHead(307, { Location: place }).end()),
        ).finally(() => engine?.close());
      expect(other.requests).to.deep.equal([]);
    } finally {
      await other.close();
    }
  });

  it('is quoted in short', async () => {
    const message = await failing(
      'SOURCE_UNAVAILABLE',
      pinged((response) => response.writeHead(502).end('x'.repeat(60_000))),
    );
    expect(message.length).to.be.lessThan(400);
  });

  it('closes the connection of one that fails', async () => {
    await failing('SOURCE_UNAVAILABLE', pinged(page));
    await engine!.allClosed();
  });
});

describe('an engine that accepts and never answers', () => {
  it('is given up after the header timeout, and tried again', async () => {
    const engine = await scriptedEngine({ answers: { '/_ping': () => undefined } });
    try {
      const message = await failing('SOURCE_UNAVAILABLE', connect(engine.address, 100));
      expect(message).to.contain(engine.address).and.contain('did not answer within 0.1 s');
      await engine.allClosed();
    } finally {
      await engine.close();
    }
  });

  it('may be silent as long as it likes once its headers are there', async () => {
    const engine = await scriptedEngine({ answers: { '/events': answerStream } });
    try {
      const connection = await dockerEngine({ address: engine.address, headerTimeoutMs: 1000 }).connect(
        never,
      );
      const events = await connection.events({}, never);
      await new Promise((resolve) => setTimeout(resolve, 1100));
      expect(events.destroyed).to.equal(false);
      connection.close();
    } finally {
      await engine.close();
    }
  });
});

describe('events', () => {
  it('that are a page of HTML are none', async () => {
    const page: Answer = (response) =>
      response.writeHead(200, { 'Content-Type': 'text/html' }).end('<html>Log in</html>');
    const engine = await scriptedEngine({ answers: { '/events': page } });
    try {
      const connection = await dockerEngine({ address: engine.address }).connect(never);
      const message = await failing('SOURCE_UNAVAILABLE', connection.events({}, never));
      expect(message).to.contain(engine.address).and.contain('<html>Log in</html>');
      connection.close();
    } finally {
      await engine.close();
    }
  });
});

describe('a list of containers', () => {
  let engine: ScriptedEngine;
  afterEach(() => engine.close());
  const listed = async (answer: Answer): Promise<unknown> => {
    engine = await scriptedEngine({ answers: { '/_ping': pong(), '/containers/json': answer } });
    const connection = await dockerEngine({ address: engine.address }).connect(never);
    try {
      return await connection.containers({}, never);
    } finally {
      connection.close();
    }
  };

  const wrong: readonly (readonly [string, Answer, string])[] = [
    ['is not JSON', (response) => response.end('[{"Id": '), 'cannot list the containers'],
    ['is empty', (response) => response.end(), 'cannot list the containers'],
    [
      'is cut off',
      (response, request) => {
        answerStream(response, request);
        response.write('[', () => request.socket.destroy());
      },
      'cannot list the containers',
    ],
    ['fails in the engine', answerJson({ message: 'layer does not exist' }, 500), 'layer does not exist'],
  ];
  for (const [how, answer, said] of wrong)
    it(`that ${how} is asked for again`, async () => {
      const message = await failing('SOURCE_UNAVAILABLE', listed(answer));
      expect(message).to.contain(said).and.contain(engine.address);
    });

  it('that a proxy forbids is the end', async () => {
    const message = await failing(
      'SOURCE_REFUSED',
      listed((response) => response.writeHead(403).end('Forbidden')),
    );
    expect(message).to.contain('cannot list the containers').and.contain('403');
  });

  it('is bounded', async () => {
    const megabyte = ' '.repeat(1 << 20);
    const message = await failing(
      'SOURCE_UNAVAILABLE',
      listed((response) => {
        const send = (): unknown => response.destroyed || response.write(megabyte, send);
        send();
      }),
    );
    expect(message).to.contain('longer than');
    await engine.allClosed();
  });
});
