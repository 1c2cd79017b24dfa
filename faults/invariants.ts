import { nanoOf, type Written } from './output.ts';
import { shortNameOf, type Published } from './truth.ts';

/** What an output must keep to. */
export interface Terms {
  /** Else nothing was beyond what the engine keeps: a gap is a false alarm. */
  readonly mayGap: boolean;
  /**
   * What says that an event lies in a gap: its time; its place in the output, where a gap has other times; either of
   * them where the clock was set and times do not say all.
   */
  readonly gapsBy: 'time' | 'order' | 'either';
  /** Crashes may repeat what was written last; an output that is exactly once may not. */
  readonly mayRepeat: boolean;
  /**
   * What the engine kept from a stream that did not keep up: where it has forgotten it by the next audit, nobody can
   * tell that it was.
   */
  readonly skipped: ReadonlySet<string>;
  /** What did not come with the stream: it comes when that has been found out, behind later events. */
  readonly late: ReadonlySet<string>;
  /** Events of one actor that happened so close to each other have no order: engines publish side by side. */
  readonly orderSlackNano: bigint;
  /** What happened while the engine was down: no event tells of it, a gap may. */
  readonly unpublished: number;
}

type WrittenEvent = Extract<Written, { kind: 'event' }>;

const MOST_EXAMPLES = 3;

/** One violation in words: how many there are, and the first few. */
function tell(what: string, examples: readonly string[]): readonly string[] {
  if (examples.length === 0) return [];
  const more = examples.length > MOST_EXAMPLES ? ', …' : '';
  return [`${examples.length} ${what}: ${examples.slice(0, MOST_EXAMPLES).join(', ')}${more}`];
}

const events = (output: readonly Written[]): readonly WrittenEvent[] =>
  output.filter((item) => item.kind === 'event');

const genuine = (output: readonly Written[]): readonly WrittenEvent[] =>
  events(output).filter(({ synthetic }) => !synthetic);

/** Every line is a whole record. */
export const unreadable = (output: readonly Written[]): readonly string[] =>
  tell(
    'lines are no records',
    output.flatMap((item) => (item.kind === 'unreadable' ? [JSON.stringify(item.text.slice(0, 80))] : [])),
  );

/** What is not marked synthetic was published, with every detail; its two times say the same. */
export function invented(truth: readonly Published[], output: readonly Written[]): readonly string[] {
  const known = new Set(truth.map(({ identity }) => identity));
  const nanos = new Set(truth.map(({ nano }) => String(nano)));
  const strange = genuine(output).filter(({ identity }) => !known.has(identity));
  const [altered, unheard] = [true, false].map((was) =>
    strange
      .filter(({ timeNano }) => nanos.has(timeNano) === was)
      .map(({ identity }) => shortNameOf(identity)),
  );
  const untimely = events(output).filter(({ time, timeNano }) => nanoOf(time) !== BigInt(timeNano));
  return [
    ...tell('events were altered', altered!),
    ...tell('events were invented', unheard!),
    ...tell(
      'events have two times that differ',
      untimely.map(({ time, timeNano }) => `${time} / ${timeNano}`),
    ),
  ];
}

/** No more often than it was published. */
export function doubled(truth: readonly Published[], output: readonly Written[]): readonly string[] {
  const left = new Map<string, number>();
  for (const { identity } of truth) left.set(identity, (left.get(identity) ?? 0) + 1);
  const tooOften = genuine(output).filter(({ identity }) => {
    const count = left.get(identity);
    if (count !== undefined) left.set(identity, count - 1);
    return count !== undefined && count < 1;
  });
  return tell(
    'events were delivered again',
    tooOften.map(({ identity }) => shortNameOf(identity)),
  );
}

/** What one actor did is told in the order in which it was published; a repetition counts where it first stood. */
export function disordered(
  truth: readonly Published[],
  output: readonly Written[],
  { orderSlackNano, late }: Pick<Terms, 'orderSlackNano' | 'late'>,
): readonly string[] {
  const place = new Map(truth.map(({ identity }, i) => [identity, i]));
  const last = new Map<string, number>();
  const seen = new Set<string>();
  const early: string[] = [];
  for (const { identity, actor } of genuine(output)) {
    const at = place.get(identity);
    if (at === undefined || seen.has(identity) || late.has(identity)) continue;
    seen.add(identity);
    const before = last.get(actor) ?? -1;
    if (at > before) last.set(actor, at);
    else if (truth[before]!.nano - truth[at]!.nano >= orderSlackNano) early.push(shortNameOf(identity));
  }
  return tell('events came behind later ones of the same actor', early);
}

/** Published and not delivered: their places in the truth. */
export function missing(truth: readonly Published[], output: readonly Written[]): readonly number[] {
  const delivered = new Set(genuine(output).map(({ identity }) => identity));
  return truth.flatMap(({ identity }, i) => (delivered.has(identity) ? [] : [i]));
}

/** Whether an event lies in time inside a gap that was told. */
function coveredInTime(truth: readonly Published[], output: readonly Written[]): (at: number) => boolean {
  const gaps = output.filter((item) => item.kind === 'gap');
  return (at) => gaps.some(({ from, to }) => from <= truth[at]!.nano && truth[at]!.nano <= to);
}

/** Whether a gap stands between what was delivered before an event and what was delivered behind it. */
function coveredInOrder(truth: readonly Published[], output: readonly Written[]): (at: number) => boolean {
  const stands = new Map<string, number>();
  output.forEach((item, i) => {
    if (item.kind === 'event' && !item.synthetic && !stands.has(item.identity)) stands.set(item.identity, i);
  });
  const before: number[] = [];
  let last = -1;
  for (const { identity } of truth) {
    before.push(last);
    last = stands.get(identity) ?? last;
  }
  const behind: number[] = [];
  let next = output.length;
  for (const { identity } of [...truth].reverse()) {
    behind.push(next);
    next = stands.get(identity) ?? next;
  }
  behind.reverse();
  const gapsUpTo = [0];
  for (const { kind } of output) gapsUpTo.push(gapsUpTo.at(-1)! + (kind === 'gap' ? 1 : 0));
  return (at) => gapsUpTo[Math.max(0, behind[at]!)]! > gapsUpTo[before[at]! + 1]!;
}

/** What was not delivered lies inside a gap that says so. */
export function lost(
  truth: readonly Published[],
  output: readonly Written[],
  { gapsBy, skipped }: Pick<Terms, 'gapsBy' | 'skipped'>,
): readonly string[] {
  const ways = { time: [coveredInTime], order: [coveredInOrder], either: [coveredInTime, coveredInOrder] };
  const lies = ways[gapsBy].map((way) => way(truth, output));
  const silent = missing(truth, output).filter(
    (at) => !skipped.has(truth[at]!.identity) && !lies.some((isCovered) => isCovered(at)),
  );
  return tell(
    `of ${truth.length} events were lost without a gap`,
    silent.map((at) => `number ${at + 1} ${shortNameOf(truth[at]!.identity)}`),
  );
}

/** A gap never claims more than is missing, with what happened and was never published. */
export function overstated(
  truth: readonly Published[],
  output: readonly Written[],
  { unpublished }: Pick<Terms, 'unpublished'>,
): readonly string[] {
  const claimed = output.reduce((sum, item) => sum + (item.kind === 'gap' ? item.atLeast : 0), 0);
  const really = missing(truth, output).length + unpublished;
  return claimed > really ? [`gaps claim ${claimed} missing events, ${really} are missing`] : [];
}

/**
 * No alarm where nothing can be missing; but who has not seen any event yet cannot tell an engine that had none from
 * one that forgot them.
 */
export function needless(output: readonly Written[], { mayGap }: Pick<Terms, 'mayGap'>): readonly string[] {
  if (mayGap) return [];
  const first = output.findIndex((item) => item.kind === 'event' && !item.synthetic);
  const reasons = output
    .slice(first === -1 ? output.length : first)
    .flatMap((item) => (item.kind === 'gap' ? [item.reason] : []));
  return tell('gaps were told where nothing can be missing', reasons);
}

/** All that holds for every output. */
export function violations(
  truth: readonly Published[],
  output: readonly Written[],
  terms: Terms,
): readonly string[] {
  return [
    ...unreadable(output),
    ...invented(truth, output),
    ...(terms.mayRepeat ? [] : doubled(truth, output)),
    ...disordered(truth, output, terms),
    ...lost(truth, output, terms),
    ...overstated(truth, output, terms),
    ...needless(output, terms),
  ];
}
