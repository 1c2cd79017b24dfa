// What tsuru's cadvisor-events-exporter served, counted from the streams. Environment: CADVISOR_TARGETS=HOST:PORT,… may be
// asked for at /proxy/HOST:PORT (none where it is empty), OOM_ONLY=1 leaves out all but kills. With --state DIR the
// counters outlive a restart.
import {
  cadvisorEvents,
  cadvisorExposition,
  cgroupEvents,
  from,
  kernelOom,
  oomKills,
  pipeline,
} from 'dockrx';
import type { CadvisorEvent, CgroupEvent, Gap, KernelOom, OomKill } from 'dockrx';
import { connect, filter, merge } from 'rxjs';
import type { Observable } from 'rxjs';

type Told = CadvisorEvent | CgroupEvent | KernelOom | Gap;

const { CADVISOR_TARGETS = '127.0.0.1:9094', OOM_ONLY = '' } = process.env;
const targets = CADVISOR_TARGETS.split(',')
  .map((target) => target.trim())
  .filter((target) => target !== '')
  .map((target) => (target.includes('://') ? target : `http://${target}`));
const oomOnly = !['', '0', 'false'].includes(OOM_ONLY);

/** This machine's kills, each once, beside all that is told. */
const withKills = connect((told: Observable<Told>) =>
  merge(
    told,
    told.pipe(
      filter(({ kind }) => kind === 'cgroup-event' || kind === 'kernel-oom'),
      oomKills(),
    ),
  ),
);
const isKill = (record: Told | OomKill): boolean =>
  record.kind === 'oom-kill' || (record.kind === 'cadvisor-event' && record.type.startsWith('oom'));

const local = from(cgroupEvents(), kernelOom({ optional: true }));

export default pipeline(
  'cadvisor-events-exporter',
  targets.length === 0 ? local : from(local, cadvisorEvents({ addresses: targets, engine: false })),
  withKills,
  filter((record) => !oomOnly || isKill(record)),
  cadvisorExposition({ targets }),
);
