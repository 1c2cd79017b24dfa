// What runs, what it uses and what happens to it, on one screen of a terminal: `pipeline top`. Where the output is no
// terminal, and with DOCKRX_ONCE=1, it prints one table and ends.
import { crashLoop, derive, dockerContainers, dockerEvents, dockerStats, from, pipeline, top } from 'dockrx';

const once = process.env['DOCKRX_ONCE'] === '1' && { once: true };

export default pipeline(
  'top',
  from(dockerContainers(), dockerStats(), dockerEvents()),
  derive(),
  crashLoop(),
  top({ ...once }),
);
