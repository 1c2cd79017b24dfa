/** The time at the beginning of a part, and how many bytes it takes with the space behind it. */
export interface TimeRead {
  readonly time: string;
  readonly bytes: number;
}

const FULL = '2026-01-02T03:04:05.123456789Z'.length;
const [SPACE, UPPER_Z] = [0x20, 0x5a];
const MAX = '2026-01-02T03:04:05.123456789+00:00'.length;
const STAMP = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/;

/**
 * Reads the times that engines put before what they send: Docker in UTC with nine digits, Podman in whole seconds and
 * in its own zone. Nothing where there is none. All come out alike, so that as texts they sort as they follow each other.
 */
export function timeReader(): (bytes: Buffer, at: number) => TimeRead | undefined {
  let last = '';
  let lastTime: string | undefined;
  const isFull = (bytes: Buffer, at: number): boolean =>
    bytes[at + FULL] === SPACE && bytes[at + FULL - 1] === UPPER_Z && bytes[at + FULL - 11] === 0x2e;
  return (bytes, at) => {
    if (isFull(bytes, at)) {
      const time = bytes.toString('latin1', at, at + FULL);
      if (time.charCodeAt(10) === 0x54) return { time, bytes: FULL + 1 };
    }
    const space = bytes.subarray(at, at + MAX + 1).indexOf(SPACE);
    if (space < 0) return undefined;
    const text = bytes.toString('latin1', at, at + space);
    if (text !== last) [last, lastTime] = [text, fullTime(text)];
    return lastTime === undefined ? undefined : { time: lastTime, bytes: space + 1 };
  };
}

function fullTime(text: string): string | undefined {
  const [, seconds, fraction = '', zone] = STAMP.exec(text) ?? [];
  const ms = Date.parse(`${seconds}${zone}`);
  return Number.isNaN(ms)
    ? undefined
    : `${new Date(ms).toISOString().slice(0, 19)}.${fraction.padEnd(9, '0')}Z`;
}

/** As a query of the engine takes it, so many seconds earlier. */
export function sinceOf(time: string, earlierSeconds = 0): string {
  return `${Math.floor(Date.parse(time) / 1000) - earlierSeconds}.${time.slice(20, 29)}`;
}

/** As records write times. */
export const secondOf = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}.000000000Z`;
