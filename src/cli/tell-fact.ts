import { messageOf } from '../core/errors.ts';
import type { Fact, FactOf } from '../core/facts.ts';
import { grouped } from './figures.ts';
import { oneLine } from './place.ts';
import type { LogLevel } from './log.ts';

export interface LogLine {
  readonly level: LogLevel;
  readonly text: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A fact as a log line. Those that may come by the thousand are left to the counters. */
export function tellFact(fact: Fact): LogLine | undefined {
  const { pipeline, stage, type } = fact;
  const line = (level: LogLevel, text: string, more: Record<string, unknown> = {}): LogLine => ({
    level,
    text,
    fields: { pipeline, ...(stage === '' ? {} : { stage }), fact: type, ...more },
  });
  switch (fact.type) {
    case 'connected': {
      const { to, simulated } = fact;
      return line('info', `connected to ${to}${simulated ? ', a simulated engine' : ''}`, { to, simulated });
    }
    case 'opened':
      return line('info', `${fact.serves === true ? 'serving' : 'writes to'} ${fact.target}`, {
        target: fact.target,
      });
    case 'retrying': {
      const { attempt, delayMs } = fact;
      const error = oneLine(messageOf(fact.error));
      return line('warn', `${error}; trying again in ${seconds(delayMs)}`, { error, attempt, delayMs });
    }
    case 'recovered':
      return line('info', 'works again');
    case 'notice':
      return line('info', oneLine(fact.message));
    case 'failed': {
      const error = oneLine(messageOf(fact.error));
      return line('error', `failed: ${error}`, { error });
    }
    case 'abandoned':
      return line('warn', `abandoned ${grouped(fact.count)} records that were not delivered`, {
        count: fact.count,
      });
    case 'rejected':
    case 'dropped': {
      const { reason, count } = fact;
      return line('warn', `${type} ${grouped(count)} (${reason})`, { reason, count });
    }
    case 'stalled': {
      const { inFlight } = fact;
      const text = `stalled: has delivered nothing for ${fact.seconds.toFixed(0)} s, ${grouped(inFlight)} records wait`;
      return line('warn', text, { seconds: fact.seconds, inFlight });
    }
    case 'blocked':
      return line('warn', tellBlocked(fact), { seconds: fact.seconds, cpuSeconds: fact.cpuSeconds });
    case 'paused':
    case 'resumed':
      return undefined;
  }
}

function tellBlocked({ seconds, cpuSeconds }: FactOf<'blocked'>): string {
  const why =
    cpuSeconds > seconds / 2
      ? 'something in this process computed for so long; node --cpu-prof shows what'
      : 'the process was stopped, or waited in a synchronous call';
  return `the event loop stood still for ${seconds.toFixed(1)} s: ${why}`;
}

const seconds = (ms: number): string => (ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`);
