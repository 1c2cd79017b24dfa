import { mkdtempSync, rmSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { stopListening } from '../../contracts/listen.ts';

/** A fresh folder for each test, removed after it. */
export function temporaryFolder(): () => string {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dockrx-sink-'));
  });
  afterEach(() => {
    stopListening();
    rmSync(folder, { recursive: true, force: true });
  });
  return () => folder;
}

/** The records of NDJSON text; throws on a line that is torn, mixed, or without its end. */
export function parsed(text: string): unknown[] {
  if (text === '') return [];
  if (!text.endsWith('\n')) throw new Error(`the last line has no end: ${text.slice(-100)}`);
  return text
    .slice(0, -1)
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
}

/** The file names in a folder, sorted. */
export async function names(folder: string): Promise<string[]> {
  return (await readdir(folder)).sort();
}

/** The text of a folder's files, oldest first: rotated ones, unpacked, by name, then the live one. */
export async function textsOf(folder: string, live: string): Promise<readonly string[]> {
  const rotated = (await names(folder).catch(() => [])).filter((name) => name !== live);
  const texts = [...rotated, live].map((name) => textOf(join(folder, name)));
  return (await Promise.all(texts)).filter((text) => text !== '');
}

/** Empty for a file that is not there, or has just been compressed or deleted. */
async function textOf(path: string): Promise<string> {
  const bytes = await readFile(path).catch(() => Buffer.alloc(0));
  return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
}

/** Looks again and again until it is so. */
export async function eventually(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error('it never came to be so');
    await sleep(5);
  }
}
