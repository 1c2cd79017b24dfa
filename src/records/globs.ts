/** Whether a text matches any of the globs: `*` stands for any run of characters, `?` for one. */
export function globMatcher(globs: readonly string[]): (text: string) => boolean {
  if (globs.includes('*')) return () => true;
  if (globs.length === 0) return () => false;
  const escaped = globs.map((glob) =>
    glob
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replace(/\*+/g, '.*')
      .replace(/\?/g, '.'),
  );
  const pattern = new RegExp(`^(?:${escaped.join('|')})$`, 'su');
  return (text) => pattern.test(text);
}
