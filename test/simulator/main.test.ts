import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import Docker from 'dockerode';
import { linesOf } from './support.ts';

const program = fileURLToPath(new URL('../../src/simulator/main.ts', import.meta.url));

describe('the simulator as a program', function () {
  this.timeout(60_000);
  const children: ChildProcess[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  const run = (...args: string[]): ChildProcess => {
    const child = spawn(process.execPath, ['--import', 'tsx', program, ...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    children.push(child);
    return child;
  };
  const text = async (stream: NodeJS.ReadableStream): Promise<string> => {
    let all = '';
    for await (const chunk of stream) all += String(chunk);
    return all;
  };
  const ready = async (child: ChildProcess): Promise<{ socketPath: string; pid: number }> => {
    const [line] = (await once(child.stdout!, 'data')) as [Buffer];
    return JSON.parse(line.toString()) as { socketPath: string; pid: number };
  };

  it('says where it listens, serves, and leaves on SIGTERM', async () => {
    const child = run(
      '--containers',
      '3',
      '--events-per-second',
      'max',
      '--events',
      '500',
      '--scenario',
      'quiet',
    );
    const { socketPath, pid } = await ready(child);
    expect(pid).to.equal(child.pid);
    const docker = new Docker({ socketPath });
    expect(await docker.listContainers()).to.have.length(3);
    expect(await linesOf(await docker.getEvents()).until(500)).to.have.length(500);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).to.deep.equal([0, null]);
    expect(existsSync(socketPath)).to.equal(false);
  });

  it('leaves when a piped stdin ends, as it does when its parent dies', async () => {
    const child = run('--containers', '0', '--scenario', 'quiet');
    await ready(child);
    child.stdin!.end();
    expect(await once(child, 'exit')).to.deep.equal([0, null]);
  });

  it('explains itself, and refuses what it does not know in one line', async () => {
    const answers = await Promise.all(
      [['--help'], ['--nonsense'], ['--api-version', '1.30'], ['--containers', 'many']].map(async (args) => {
        const child = run(...args);
        const [exit, out, error] = await Promise.all([
          once(child, 'exit'),
          text(child.stdout!),
          text(child.stderr!),
        ]);
        return { code: exit[0] as unknown, out, error };
      }),
    );
    const [help, unknown, version, number] = answers;
    expect(help!.code).to.equal(0);
    expect(help!.out).to.include('--events-per-second');
    expect([unknown!.code, version!.code, number!.code]).to.deep.equal([2, 2, 2]);
    expect(unknown!.error).to.include("Unknown option '--nonsense'");
    expect(version!.error).to.equal('simulator: apiVersion is "1.30", give one from 1.41 to 1.55\n');
    expect(number!.error).to.equal('simulator: containers is NaN, give a whole number from 0 on\n');
  });
});
