// How many processes were killed for want of memory, per image, for Prometheus: oom_kills_total at
// http://127.0.0.1:9808/metrics. Each kill counts once, whoever tells of it; the kernel's log, which tells most, may be read
// by root and with CAP_SYSLOG. With --state DIR the count outlives a restart.
import { counter, dockerEvents, from, kernelOom, oomKills, pipeline, prometheus } from 'dockrx';

export default pipeline(
  'oom-kills-per-image',
  from(dockerEvents(), kernelOom({ optional: true })),
  oomKills(),
  prometheus({
    metrics: [
      counter({
        name: 'oom_kills_total',
        help: 'Processes killed for want of memory.',
        labels: (told) =>
          told.kind === 'oom-kill' ? { host: told.host, image: told.image ?? 'unknown' } : undefined,
      }),
    ],
  }),
);
