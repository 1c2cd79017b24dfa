/**
 * Whether a text matches a glob: `*` stands for any run of characters, `?` for one. Takes time by the product of their
 * lengths at most, whatever the glob: it comes from a client, and a regular expression of it could stop us for ever.
 */
export function matchesGlob(glob: string, text: string): boolean {
  let at = 0;
  let place = 0;
  let star = -1;
  let tried = 0;
  while (place < text.length) {
    if (glob[at] === '*') {
      star = at;
      at += 1;
      tried = place;
    } else if (at < glob.length && (glob[at] === '?' || glob[at] === text[place])) {
      at += 1;
      place += 1;
    } else if (star >= 0) {
      // The last star takes one character more.
      at = star + 1;
      tried += 1;
      place = tried;
    } else return false;
  }
  while (glob[at] === '*') at += 1;
  return at === glob.length;
}
