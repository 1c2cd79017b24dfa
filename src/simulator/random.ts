/** A seeded source of numbers: the same seed and purpose give the same sequence for ever. */
export interface Random {
  /** in [0, 1) */
  readonly next: () => number;
  /** in [from, to] */
  readonly integer: (from: number, to: number) => number;
  readonly pick: <T>(items: readonly T[]) => T;
  readonly hex: (length: number) => string;
}

const hash = (text: string, seed: number): number => {
  let h = (seed ^ 0x9e3779b9) | 0;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
};

const mix = (state: number): number => {
  let t = Math.imul(state ^ (state >>> 15), state | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};

/** Each purpose has its own sequence, so that one consumer more does not shift all others. */
export function createRandom(seed: number, purpose: string): Random {
  let state = hash(purpose, seed);
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    return mix(state);
  };
  const integer = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1));
  return {
    next,
    integer,
    pick: (items) => items[integer(0, items.length - 1)]!,
    hex: (length) => {
      let text = '';
      while (text.length < length) text += integer(0, 0xffffffff).toString(16).padStart(8, '0');
      return text.slice(0, length);
    },
  };
}

/** A number in [-1, 1] that depends on nothing but its arguments. */
export const noise = (seed: number, step: number): number =>
  mix((seed + Math.imul(step, 0x6d2b79f5)) | 0) * 2 - 1;

export const seedOf = (text: string, seed: number): number => hash(text, seed);
