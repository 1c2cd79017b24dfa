import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from './package-root.ts';

export interface CatalogueEntry {
  readonly kind: 'source' | 'operator' | 'sink';
  readonly name: string;
  /** The first sentence of its documentation. */
  readonly summary: string;
}

const KINDS = { sources: 'source', journal: 'source', operators: 'operator', sinks: 'sink' } as const;

/**
 * The components of this package, read from its own type declarations: what they say is what there is. Each is a file of
 * its folder; what stands below is what components are made of.
 */
export function readCatalogue(dist: string = join(packageRoot(), 'dist')): readonly CatalogueEntry[] {
  const barrel = readFileSync(join(dist, 'index.d.ts'), 'utf8');
  const exports = barrel.matchAll(
    /export \{([^}]+)\} from '\.\/((sources|journal|operators|sinks)\/[^/']+)\.ts'/g,
  );
  return [...exports].flatMap(([, names = '', path = '', folder]) => {
    const declarations = readFileSync(join(dist, `${path}.d.ts`), 'utf8');
    return names
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '' && !name.startsWith('type '))
      .map((name) => ({
        kind: KINDS[folder as keyof typeof KINDS],
        name,
        summary: summaryOf(name, declarations),
      }));
  });
}

function summaryOf(name: string, declarations: string): string {
  const at = declarations.search(new RegExp(`^export declare (function|const) ${name}\\b`, 'm'));
  const comment = /\/\*\*((?:(?!\*\/)[^])*)\*\/\s*$/.exec(declarations.slice(0, Math.max(0, at)))?.[1] ?? '';
  const text = comment
    .replace(/^\s*\*\s?/gm, '')
    .replace(/\{@link (\S+?)\}/g, '$1')
    .trim();
  return /^[^]*?(?=\.(?:\s|$)|\n\s*\n|$)/.exec(text)![0].replace(/\s+/g, ' ');
}
