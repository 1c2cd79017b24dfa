import { messageOf } from '../core/errors.ts';
import type { Member } from './channels.ts';
import type { History } from './history.ts';
import { isBehind } from './position.ts';
import type { Position } from './position.ts';
import type { Protocol } from './protocol.ts';
import type { Entry, Ring } from './ring.ts';

export interface CatchingUp {
  readonly ring: Ring;
  readonly history: History | undefined;
  readonly protocol: Protocol;
  /** Up to here live clients have been sent everything. */
  readonly sent: () => Position;
  readonly caughtUp: (member: Member) => void;
  readonly tell: (message: string) => void;
}

/** So much is sent at a time to one that is behind. */
const CHUNK_BYTES = 64 * 1024;

/**
 * Sends a client what it is behind, as fast as it takes it: from the ring, what is older from the history, and of what
 * neither has it says how much it was. To be called again whenever its connection has room.
 */
export function catchUpWith(options: CatchingUp): (member: Member) => void {
  const { ring, history, protocol, sent, caughtUp, tell } = options;

  const write = ({ connection, channel }: Member, parts: readonly string[]): void => {
    if (parts.length > 0) connection.write(protocol.message(parts, channel.format));
  };
  /** Says what is left out up to a position, and goes on from there. */
  const skipTo = (member: Member, to: Position): void => {
    const count = to.event - member.at.event;
    const { after } = member;
    member.at = to;
    if (count === 0) return;
    write(member, [
      protocol.frame(
        after === undefined
          ? { type: 'lost', count }
          : { type: 'gap', after, reason: 'too-old', atLeast: count },
      ),
    ]);
  };
  const send = (member: Member, entries: readonly Entry[]): void => {
    const last = entries.at(-1)!;
    write(
      member,
      entries.flatMap((entry) => member.channel.partOf(entry) ?? []),
    );
    member.at = { event: last.event, sample: last.sample };
    member.after = undefined;
  };
  /** What the ring has no more, up to where it begins. */
  const readBack = async (member: Member, { readerFrom }: History): Promise<void> => {
    const from = member.at.event + 1;
    const to = ring.reachesBackTo;
    let entries: readonly Entry[] = [];
    try {
      entries = await (member.reader ??= readerFrom(from))(to.event);
    } catch (error) {
      tell(`what a client missed could not be read: ${messageOf(error)}`);
    }
    const first = entries[0];
    if (member.isGone) return;
    if (first === undefined) {
      skipTo(member, to);
      return;
    }
    if (first.event > from) skipTo(member, { event: first.event - 1, sample: 0 });
    send(member, entries);
  };
  const catchUp = (member: Member): void => {
    if (member.isGone || member.isReading || member.channel.live.has(member)) return;
    while (member.connection.waiting < CHUNK_BYTES) {
      const upTo = sent();
      if (!isBehind(member.at, upTo)) {
        member.after = undefined;
        caughtUp(member);
        return;
      }
      const oldest = ring.reachesBackTo;
      if (member.at.event < oldest.event && history !== undefined) {
        member.isReading = true;
        void readBack(member, history).finally(() => {
          member.isReading = false;
          catchUp(member);
        });
        return;
      }
      member.reader = undefined;
      if (isBehind(member.at, oldest)) skipTo(member, oldest);
      const entries = ring.read(member.at, upTo, CHUNK_BYTES);
      if (entries.length === 0) member.at = upTo;
      else send(member, entries);
    }
  };
  return catchUp;
}
