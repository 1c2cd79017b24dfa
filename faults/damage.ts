import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

/** Does to one of a journal's segments what bad disks do: it ends early, or a bit of it is another. */
export function damage(dir: string, how: 'cut' | 'flip', where: number): void {
  if (!existsSync(dir)) return;
  const segments = readdirSync(dir).filter((name) => name.endsWith('.segment'));
  if (segments.length === 0) return;
  // The digits behind those that choose the file choose the place in it.
  const place = where * segments.length;
  const path = join(dir, segments[Math.floor(place)]!);
  const at = Math.floor((place % 1) * statSync(path).size);
  if (how === 'cut') truncateSync(path, at);
  else flip(path, at);
}

function flip(path: string, at: number): void {
  const file = openSync(path, 'r+');
  const byte = Buffer.alloc(1);
  if (readSync(file, byte, 0, 1, at) === 1) {
    byte[0]! ^= 1 << (at % 8);
    writeSync(file, byte, 0, 1, at);
  }
  closeSync(file);
}
