import { PipelineError } from './errors.ts';

/** True when the value is right, else what it must be. Not asked about an option that is absent, but where it is required. */
export interface Check {
  (value: unknown): true | string;
  readonly isRequired?: true;
}

/** For an option that has no default. */
export const required = (check: Check): Check =>
  Object.assign((value: unknown) => check(value), { isRequired: true as const });

export const positive: Check = (value) => (typeof value === 'number' && value > 0) || 'a number above 0';
export const whole: Check = (value) =>
  (Number.isSafeInteger(value) && (value as number) > 0) || 'a whole number above 0';
export const callback: Check = (value) => typeof value === 'function' || 'a function';
export const callbacks: Check = (value) =>
  (isObject(value) && Object.values(value).every((one) => typeof one === 'function')) || 'functions by name';
export const flag: Check = (value) => typeof value === 'boolean' || 'true or false';
export const text: Check = (value) => typeof value === 'string' || 'a text';
export const texts: Check = (value) =>
  (Array.isArray(value) && value.every((text) => typeof text === 'string')) || 'a list of texts';

/** Refuses options that are unknown or wrong, by name, when a factory is called: loading a pipeline file checks it. */
export function checkOptions<O extends object>(
  factory: string,
  options: O,
  checks: { readonly [K in keyof Required<O>]: Check | 'any' },
): void {
  if (!isObject(options)) throw invalid(`${factory}: its options must be an object, not ${shown(options)}`);
  for (const [name, value] of Object.entries(options)) {
    const check = Object.hasOwn(checks, name) ? checks[name as keyof O] : undefined;
    if (check === undefined)
      throw invalid(
        `${factory}: there is no option ${shown(name)}; it has ${Object.keys(checks).join(', ')}`,
      );
    if (check === 'any' || value === undefined) continue;
    const must = check(value);
    if (must !== true) throw invalid(`${factory}: ${name} must be ${must}, not ${shown(value)}`);
  }
  for (const [name, check] of Object.entries<Check | 'any'>(checks))
    if (check !== 'any' && check.isRequired === true && options[name as keyof O] === undefined)
      throw invalid(`${factory}: ${name} is missing: it must be ${String(check(undefined))}`);
}

/** Any value as an error message shows it. */
export function shown(value: unknown): string {
  if (typeof value !== 'object' && typeof value !== 'string') return String(readable(value));
  try {
    return JSON.stringify(value, (_key, part: unknown) => readable(part));
  } catch {
    return 'an object without a JSON text';
  }
}

/** What JSON would refuse or change. */
function readable(value: unknown): unknown {
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'bigint') return `${value}n`;
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
const invalid = (message: string): PipelineError => new PipelineError('CONFIG_INVALID', message);
