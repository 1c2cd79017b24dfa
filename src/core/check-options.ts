import { PipelineError } from './errors.ts';

/** True when the value is right, else what it must be. */
export type Check = (value: unknown) => true | string;

export const positive: Check = (value) => (typeof value === 'number' && value > 0) || 'a number above 0';
export const texts: Check = (value) =>
  (Array.isArray(value) && value.every((text) => typeof text === 'string')) || 'a list of texts';

/** Refuses options that are unknown or wrong, by name, when a factory is called: loading a pipeline file checks it. */
export function checkOptions<O extends object>(
  factory: string,
  options: O,
  checks: { readonly [K in keyof Required<O>]: Check | 'any' },
): void {
  for (const [name, value] of Object.entries(options)) {
    const check = (checks as Record<string, Check | 'any' | undefined>)[name];
    if (check === undefined)
      throw new PipelineError(
        'CONFIG_INVALID',
        `${factory}: there is no option ${JSON.stringify(name)}; it has ${Object.keys(checks).join(', ')}`,
      );
    if (check === 'any' || value === undefined) continue;
    const must = check(value);
    if (must !== true)
      throw new PipelineError('CONFIG_INVALID', `${factory}: ${name} must be ${must}, not ${shown(value)}`);
  }
}

const shown = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) => (typeof part === 'function' ? 'a function' : part));
