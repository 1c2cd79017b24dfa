import { createWriteStream } from 'node:fs';

/** The loop a competent person writes by hand: no RxJS, no features, no checks. Lines joined to 64 KiB a write. */
export interface LineFile {
  readonly add: (line: string) => void;
  readonly close: () => Promise<void>;
}

export function lineFile(path: string): LineFile {
  const file = createWriteStream(path);
  let lines: string[] = [];
  let length = 0;
  const flush = (): void => {
    if (length > 0) file.write(lines.join(''));
    lines = [];
    length = 0;
  };
  return {
    add(line) {
      lines.push(line);
      length += line.length;
      if (length >= 65_536) flush();
    },
    close() {
      flush();
      return new Promise((resolve) => file.end(resolve));
    },
  };
}

/** Cuts chunks into lines that begin with `{`: so it reads a chunked answer off a bare socket too. */
export function jsonLines(each: (line: string) => void): (chunk: Buffer) => void {
  let tail: Buffer | undefined;
  return (chunk) => {
    const bytes = tail === undefined ? chunk : Buffer.concat([tail, chunk]);
    let start = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
      if (bytes[start] === 0x7b) each(bytes.toString('utf8', start, end));
      start = end + 1;
    }
    tail = start < bytes.length ? bytes.subarray(start) : undefined;
  };
}

interface RawEvent {
  readonly Type: string;
  readonly Action: string;
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> };
  readonly scope: string;
  readonly time: number;
}

/** The fields that flattenEvent gives, picked by name. */
export function flatLine(line: string): string {
  const event = JSON.parse(line) as RawEvent;
  const all = event.Actor.Attributes;
  const at = line.lastIndexOf('"timeNano":') + 11;
  const nano = line.slice(at, at + 19);
  const colon = event.Action.indexOf(':');
  const action = colon > 0 && event.Action.startsWith('exec_') ? event.Action.slice(0, colon) : event.Action;
  return `${JSON.stringify({
    '@timestamp': `${new Date(event.time * 1000).toISOString().slice(0, 20)}${nano.slice(10)}Z`,
    event_status: action,
    event_id: event.Actor.ID,
    event_from: all['image'],
    event_Type: event.Type,
    event_Action: action,
    event_Actor: {
      ID: event.Actor.ID,
      Attributes: {
        'com.docker.compose.container-number': all['com.docker.compose.container-number'],
        'com.docker.compose.project': all['com.docker.compose.project'],
        'com.docker.compose.service': all['com.docker.compose.service'],
        execID: all['execID'],
        exitCode: all['exitCode'],
        image: all['image'],
        name: all['name'],
        sequence: all['sequence'],
      },
    },
    event_scope: event.scope,
    event_timeNano: nano,
    host: 'bench',
    container: all['name'],
    container_id: event.Actor.ID,
    image: all['image'],
  })}\n`;
}
