/** True when the value is right, else what it must be. */
type Check = (value: unknown) => true | string;

export const whole: Check = (value) =>
  (Number.isSafeInteger(value) && (value as number) > 0) || 'a whole number above 0';
export const positive: Check = (value) => (typeof value === 'number' && value > 0) || 'a number above 0';
export const callback: Check = (value) => typeof value === 'function' || 'a function';
export const text: Check = (value) => typeof value === 'string' || 'a text';

/** Refuses options that are unknown or wrong, by name, when the operator is made: loading a pipeline file checks it. */
export function checkOptions<O extends object>(
  operator: string,
  options: O,
  checks: { readonly [K in keyof Required<O>]: Check },
): void {
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(checks, name)) {
      throw new TypeError(`${operator}: no option ${name}; it has ${Object.keys(checks).join(', ')}`);
    }
    const must = value === undefined || checks[name as keyof O](value);
    if (must !== true) throw new TypeError(`${operator}: ${name} must be ${must}, not ${String(value)}`);
  }
}
