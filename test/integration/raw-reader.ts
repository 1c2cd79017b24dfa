import { request, type ClientRequest } from 'node:http';

/** The lines of an answer as they come, read by the plainest means. */
export interface RawReader {
  readonly lines: readonly string[];
  /** Resolves when it is so; asked again at every piece that comes. */
  readonly until: (isSo: (lines: readonly string[]) => boolean) => Promise<void>;
  /** Resolves when the answer has ended. */
  readonly end: Promise<void>;
  readonly stop: () => void;
}

/** Resolves when the answer has begun. */
export function rawReader(socketPath: string, path: string): Promise<RawReader> {
  return new Promise((resolve, reject) => {
    const lines: string[] = [];
    const waiting = new Set<() => void>();
    let rest = Buffer.alloc(0);
    const call: ClientRequest = request({ socketPath, path, agent: false }, (answer) => {
      answer.on('data', (chunk: Buffer) => {
        rest = Buffer.concat([rest, chunk]);
        for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
          lines.push(rest.subarray(0, end).toString());
          rest = rest.subarray(end + 1);
        }
        for (const look of waiting) look();
      });
      answer.on('error', () => undefined);
      resolve({
        lines,
        end: new Promise((done) => answer.once('close', done)),
        until: (isSo) =>
          new Promise((done) => {
            const look = (): void => {
              if (!isSo(lines)) return;
              waiting.delete(look);
              done();
            };
            waiting.add(look);
            look();
          }),
        stop: () => call.destroy(),
      });
    });
    call.on('error', reject);
    call.end();
  });
}

/** What tells one event line from all others, worked out without any of the project's own code. */
export function identityOfLine(line: string): string {
  const { Type, Action, Actor } = JSON.parse(line) as { Type: string; Action: string; Actor: { ID: string } };
  return [/"timeNano":(\d+)/.exec(line)![1]!, Type, Action.replace(/^(exec_\w+):.*/s, '$1'), Actor.ID].join(
    ' ',
  );
}
