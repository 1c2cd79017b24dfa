import { shown } from '../../core/check-options.ts';
import { PipelineError } from '../../core/errors.ts';
import type { FamilyType } from './family.ts';

/** What names a metric. */
export interface Naming {
  /** Letters, digits, `_` and `:`. A counter's ends in `_total`, nothing else's does. */
  readonly name: string;
  /** What it tells, for people. */
  readonly help: string;
  /** Its base unit, with which its name ends: `seconds`, `bytes`. Printed as OpenMetrics only. */
  readonly unit?: string;
}

const METRIC_NAME = /^[a-zA-Z_:][\w:]*$/;
const LABEL_NAME = /^[a-zA-Z_]\w*$/;
/** How the metrics begin that tell of dockrx and its process. */
const OWN_NAME = /^(dockrx|process|nodejs)_/;
/** How the samples of a histogram end, and when a series began: other metrics would be taken for those. */
const PART_NAME = /_(bucket|sum|count|created)$/;

/** Refuses what Prometheus would refuse or misread. */
export function checkNaming(factory: string, type: FamilyType, { name, help, unit }: Naming): void {
  if (typeof name !== 'string' || !METRIC_NAME.test(name))
    throw invalid(
      `${factory}: name ${shown(name)} must be of letters, digits, '_' and ':', and not begin with a digit`,
    );
  if (OWN_NAME.test(name))
    throw invalid(`${factory}: ${name} begins as a metric of dockrx itself: give it another name`);
  if (typeof help !== 'string' || help.trim() === '')
    throw invalid(`${factory}: ${name} needs a help, a sentence that says what it tells`);
  if ((type === 'counter') !== name.endsWith('_total'))
    throw invalid(
      type === 'counter'
        ? `${factory}: the name of a counter must end in _total: ${name}_total`
        : `${factory}: ${name} is a ${type}: only the name of a counter may end in _total`,
    );
  if (PART_NAME.test(baseNameOf(name)))
    throw invalid(`${factory}: ${name} ends as a part of another metric would: give it another name`);
  if (unit !== undefined && !baseNameOf(name).endsWith(`_${unit}`))
    throw invalid(`${factory}: ${name} must end in its unit: _${unit}`);
}

/** Refuses two metrics that would have the same name in one of the formats. */
export function checkDistinct(where: string, names: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of names) {
    const base = baseNameOf(name);
    if (seen.has(base))
      throw invalid(`${where}: the metric ${name} is declared twice: give one another name`);
    seen.add(base);
  }
}

/** Why labels cannot have this name, if they cannot. */
export function faultOfLabelName(name: string): string | undefined {
  if (!LABEL_NAME.test(name)) return "must be of letters, digits and '_', and not begin with a digit";
  if (name.startsWith('__')) return "must not begin with '__', which Prometheus keeps for itself";
  if (name === 'le' || name === 'quantile') return 'is reserved for the parts of a metric';
  return undefined;
}

/** A counter's name without its `_total`, which OpenMetrics leaves out of the family's name. */
export const baseNameOf = (name: string): string => (name.endsWith('_total') ? name.slice(0, -6) : name);

export const invalid = (message: string): PipelineError => new PipelineError('CONFIG_INVALID', message);
