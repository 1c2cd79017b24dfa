/** Is shown a record; must not change it. */
export type Look = (record: unknown) => void;

/** A place of a running pipeline at which records may be looked at. */
export interface Tapped {
  /** Nothing while nobody looks, so that a record costs one question. Never changed in place: a look may end itself. */
  looks: readonly Look[] | undefined;
}

/** Shows a record to all who look. What they throw is their own business, never the pipeline's. */
export function showTo(looks: readonly Look[], record: unknown): void {
  for (const look of looks)
    try {
      look(record);
    } catch {
      // The record goes on.
    }
}
