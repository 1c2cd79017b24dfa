import { Observable } from 'rxjs';
import { checkOptions, whole } from '../core/check-options.ts';
import type { Check } from '../core/check-options.ts';
import { keepingLedger } from '../core/queued.ts';
import type { Sink } from '../core/types.ts';
import { listenAddress } from '../http/address.ts';
import { serve } from './cadvisor-exposition/serve.ts';
import { targetsIn } from './cadvisor-exposition/targets.ts';

/** Options of {@link cadvisorExposition}. */
export interface CadvisorExpositionOptions {
  /** The cAdvisors that may be asked for, as `cadvisorEvents` has their addresses. Default: none. */
  readonly targets?: readonly string[];
  /** `HOST:PORT`; port 0 takes a free one. Default `127.0.0.1:8888`. */
  readonly listen?: string;
  /** Series of each cAdvisor, and of this machine. Default 10,000. */
  readonly seriesLimit?: number;
  /** Names of processes told apart in `oom_process`, of each. Default 100. */
  readonly processLimit?: number;
}

/**
 * Serves how many events there were as the counter `cadvisor_container_events_total{event_type,id,oom_process}`, in the
 * text of tsuru's cadvisor-events-exporter: at `/proxy/HOST:PORT`, `/proxy/http://HOST:PORT` and `/proxy?url=HOST:PORT`
 * those of one cAdvisor (`/proxy`: the first target), out of `cadvisorEvents`; at `/metrics` those of this machine, out
 * of `cgroupEvents` and `oomKills`. Other records are passed over. It holds none, so it never pauses a source.
 * A target is asked for one event at each scrape: where it does not answer as a cAdvisor, or its events have not been
 * read yet since the start, the answer is 502 and says why. What is no target is never asked: 403.
 * In a run with checkpoints the counts outlive the process, exactly.
 * Bounds: `seriesLimit`: then the containers that went first are forgotten, and where none has gone further ones count
 * as `__other__`; so do process names beyond `processLimit`, and values of more than 1,024 characters.
 * Errors: `SINK_REFUSED` when the address is in use.
 *
 * @example cadvisorExposition({ targets: ['http://10.0.0.5:8080'] })
 */
export function cadvisorExposition(options: CadvisorExpositionOptions = {}): Sink<unknown> {
  checkOptions('cadvisorExposition', options, {
    targets: isTargets,
    listen: listenAddress,
    seriesLimit: whole,
    processLimit: whole,
  });
  const { targets = [], listen = '127.0.0.1:8888', seriesLimit = 10_000, processLimit = 100 } = options;
  const limits = { series: seriesLimit, processes: processLimit };
  const settings = { targets: targetsIn(targets), listen, limits };
  return keepingLedger(
    'cadvisorExposition',
    (records) => new Observable((out) => serve(records, settings, out)),
  );
}

const isTargets: Check = (value) =>
  (Array.isArray(value) &&
    value.every((address) => typeof address === 'string' && isAddress(address)) &&
    targetsIn(value as string[]).size === value.length) ||
  'a list of http:// or https:// addresses, each HOST:PORT once';

const isAddress = (address: string): boolean =>
  URL.canParse(address) && /^https?:$/.test(new URL(address).protocol);
