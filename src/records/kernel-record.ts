/** One record of the kernel log. */
export interface KernelRecord {
  /** Counts up by one within a boot. */
  readonly sequence: number;
  /** Microseconds since boot, without the time asleep. */
  readonly usec: number;
  /** Written by a program and not by the kernel: it may say anything. */
  readonly isForeign: boolean;
  /** Whether it may continue the record before. */
  readonly continues: boolean;
  /** The thread or CPU that wrote it; empty where the kernel does not tell. */
  readonly caller: string;
  readonly text: string;
}

const RECORD = /^(\d{1,10}),(\d{1,15}),(\d{1,15}),([^,;]*)(?:,([^;]*))?;(.*)$/s;

/**
 * Reads a line of /dev/kmsg, `priority,sequence,microseconds,flags;text`. Throws a TypeError for one that is none.
 * Truth: the kernel's Documentation/ABI/testing/dev-kmsg.
 */
export function parseKernelRecord(line: string): KernelRecord {
  const [, priority, sequence, usec, flags, more, text] = RECORD.exec(line) ?? [];
  if (text === undefined) throw new TypeError('not a record of the kernel log');
  return {
    sequence: Number(sequence),
    usec: Number(usec),
    isForeign: Number(priority) >> 3 !== KERNEL_FACILITY,
    continues: flags === 'c' || flags === '+',
    caller: /(?:^|,)caller=(\w+)/.exec(more ?? '')?.[1] ?? '',
    text: text.includes('\\x') ? unescaped(text) : text,
  };
}

const KERNEL_FACILITY = 0;

/** The kernel writes bytes that are not printable as `\x0a`, and so also the backslash. */
const unescaped = (text: string): string =>
  Buffer.from(
    text.replace(/\\x([0-9a-f]{2})/g, (_all, hex: string) => String.fromCharCode(parseInt(hex, 16))),
    'latin1',
  ).toString('utf8');
