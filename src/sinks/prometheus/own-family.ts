import type { Family, FamilyType } from './family.ts';
import { printLabels } from './print-labels.ts';

export type Value = readonly [labels: Readonly<Record<string, string>>, value: number];

/** A metric of dockrx itself that never falls. */
export const counter = (name: string, help: string, values: readonly Value[]): Family =>
  family('counter', name, help, values);

/** One that may. */
export const gauge = (name: string, help: string, values: readonly Value[]): Family =>
  family('gauge', name, help, values);

function family(type: FamilyType, name: string, help: string, values: readonly Value[]): Family {
  return {
    name: `dockrx_${name}`,
    help,
    type,
    unit: /_(seconds|bytes)$/.exec(name)?.[1],
    series: () => values.map(([labels, value]) => ({ labels: printLabels(labels), value })),
  };
}
