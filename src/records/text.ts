/** The key of a record's own way to become a line of JSON; without it `JSON.stringify` serves. */
export const jsonText: unique symbol = Symbol.for('dockrx.jsonText');

/**
 * One line of JSON, without its line end. Throws where a record has none.
 *
 * @example textOf({ kind: 'note', text: 'hello' }) // {"kind":"note","text":"hello"}
 */
export function textOf(record: unknown): string {
  const own = (record as { [jsonText]?: () => string } | null | undefined)?.[jsonText];
  if (own !== undefined) return own.call(record);
  const text = JSON.stringify(record) as string | undefined;
  if (text === undefined) throw new TypeError(`a ${typeof record} has no JSON text`);
  return text;
}
