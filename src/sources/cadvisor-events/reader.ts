import type { Tell } from '../../core/define-source.ts';
import type { SourceCounts } from '../../core/types.ts';
import { cadvisorEventParser } from '../../records/cadvisor-event.ts';
import type { CadvisorEvent } from '../../records/cadvisor-event.ts';
import { away } from './client.ts';

/** Makes records of what a cAdvisor sends; counts all it gets and rejects what is none. */
export interface Reader {
  readonly line: (text: string) => CadvisorEvent | undefined;
  readonly list: (answer: unknown) => readonly CadvisorEvent[];
  readonly tooLong: () => void;
}

export function eventReader(host: string, tell: Tell, counts: SourceCounts): Reader {
  const parse = cadvisorEventParser(host);
  const reject = (reason: string): undefined => {
    tell({ type: 'rejected', reason, count: 1 });
    return undefined;
  };
  const event = (value: unknown, receivedAt: string): CadvisorEvent | undefined => {
    try {
      return parse(value, receivedAt);
    } catch {
      reject('not-an-event');
      return;
    }
  };
  return {
    line(text) {
      counts.received += 1;
      let value: unknown;
      try {
        value = JSON.parse(text);
      } catch {
        reject('invalid-json');
        return;
      }
      return event(value, new Date().toISOString());
    },
    list(answer) {
      // An empty list, as some Go programs write it.
      if (answer === null) return [];
      if (!Array.isArray(answer)) throw away(host, 'read', 'what it keeps is not a list of events');
      counts.received += answer.length;
      const receivedAt = new Date().toISOString();
      return answer.flatMap((value) => event(value, receivedAt) ?? []);
    },
    tooLong() {
      counts.received += 1;
      reject('too-long');
    },
  };
}
