/** An event as the engine published it. */
export interface Published {
  /** Everything of it that a record must have, as one text. */
  readonly identity: string;
  readonly nano: bigint;
  /** Whose order is kept: a container, a volume, a network … */
  readonly actor: string;
}

interface EventLine {
  readonly Type: string;
  readonly Action: string;
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> };
  readonly scope: string;
}

const NANO = /"timeNano":(\d+)\}$/;

/** Everything that tells an event from others and that must arrive unaltered, as one text. */
export const identityOf = (
  nano: string,
  type: string,
  action: string,
  id: string,
  attributes: Readonly<Record<string, string>>,
  scope: string,
): string => JSON.stringify([nano, type, action, id, Object.entries(attributes).sort(), scope]);

/** An event in a few words. */
export function shortNameOf(identity: string): string {
  const [nano = '', type = '', action = '', id = ''] = JSON.parse(identity) as string[];
  return `${nano} ${type} ${action.slice(0, 40)} ${id.slice(0, 12)}`;
}

/** Reads a line of `/events`, worked out without any code of what is tested. */
export function published(line: string): Published {
  const { Type, Action, Actor, scope } = JSON.parse(line) as EventLine;
  const nano = NANO.exec(line)![1]!;
  return {
    identity: identityOf(nano, Type, Action, Actor.ID, Actor.Attributes, scope),
    nano: BigInt(nano),
    actor: `${Type} ${Actor.ID}`,
  };
}
