import { PipelineError } from './errors.ts';

/** True when the value is right, else what it must be. */
export type Check = (value: unknown) => true | string;

export const positive: Check = (value) => (typeof value === 'number' && value > 0) || 'a number above 0';
export const whole: Check = (value) =>
  (Number.isSafeInteger(value) && (value as number) > 0) || 'a whole number above 0';
export const callback: Check = (value) => typeof value === 'function' || 'a function';
export const text: Check = (value) => typeof value === 'string' || 'a text';
export const texts: Check = (value) =>
  (Array.isArray(value) && value.every((text) => typeof text === 'string')) || 'a list of texts';

/** Refuses options that are unknown or wrong, by name, when a factory is called: loading a pipeline file checks it. */
export function checkOptions<O extends object>(
  factory: string,
  options: O,
  checks: { readonly [K in keyof Required<O>]: Check | 'any' },
): void {
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(checks, name))
      throw new PipelineError(
        'CONFIG_INVALID',
        `${factory}: there is no option "${name}"; it has ${Object.keys(checks).join(', ')}`,
      );
    const check: Check | 'any' = checks[name as keyof O];
    const must = check === 'any' || value === undefined || check(value);
    if (must !== true)
      throw new PipelineError('CONFIG_INVALID', `${factory}: ${name} must be ${must}, not ${shown(value)}`);
  }
}

function shown(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  return typeof value === 'bigint' ? `${value}n` : JSON.stringify(value);
}
