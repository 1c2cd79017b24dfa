const escapes: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
};

const escapeHtml = (json: string): string => json.replace(/[<>&\u2028\u2029]/g, (char) => escapes[char]!);

/** JSON as Go's encoder writes it: `<`, `>` and `&` are escaped. */
export const goJson = (value: unknown): string => escapeHtml(JSON.stringify(value));

const plain = /^[ !#-%'-;=?-[\]-~]*$/;

/** Most strings need no escape at all. */
const goString = (text: string): string => (plain.test(text) ? `"${text}"` : goJson(text));

/** A string map as Go writes it: keys sorted, also keys that look like numbers. */
export const goMap = (map: Readonly<Record<string, string>>): string =>
  `{${Object.keys(map)
    .sort()
    .map((key) => `${goString(key)}:${goString(map[key]!)}`)
    .join(',')}}`;
