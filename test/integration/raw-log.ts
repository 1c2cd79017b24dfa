import { request } from 'node:http';

/** A line of a container's log as the engine keeps it. */
export interface RawLine {
  readonly stream: 'stdout' | 'stderr';
  readonly time: string;
  readonly text: string;
}

/** The whole log of a container without a terminal, read by the plainest means; only of lines below 16 KiB. */
export async function rawLog(socketPath: string, container: string): Promise<readonly RawLine[]> {
  const path = `/containers/${container}/logs?stdout=1&stderr=1&timestamps=1`;
  const bytes = await new Promise<Buffer>((resolve, reject) => {
    request({ socketPath, path, agent: false }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () => resolve(Buffer.concat(chunks)));
    })
      .on('error', reject)
      .end();
  });
  const lines: RawLine[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + 8 + bytes.readUInt32BE(at + 4);
    const [, time = '', text = ''] = /^(\S+) (.*?)\n?$/s.exec(bytes.toString('utf8', at + 8, end)) ?? [];
    lines.push({ stream: bytes[at] === 2 ? 'stderr' : 'stdout', time, text });
    at = end;
  }
  return lines;
}
