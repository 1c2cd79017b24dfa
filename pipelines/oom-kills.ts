// Processes killed for want of memory, each once: data/oom-kills.ndjson. Without leave to read the kernel log (root or
// CAP_SYSLOG) by Docker's word alone.
import { dockerEvents, from, kernelOom, ndjsonFile, oomKills, pipeline } from 'dockrx';

export default pipeline(
  'oom-kills',
  from(dockerEvents(), kernelOom({ optional: true })),
  oomKills(),
  ndjsonFile({ path: 'data/oom-kills.ndjson' }),
);
