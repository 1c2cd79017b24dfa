// Who came and went among the images, each once, whatever crashes: data/images.ndjson. Run it with --state DIR. What may
// have been missed while no one listened is a line of "type": "gap"; an audit trail without such a line has no hole.
import { dockerEvents, flattenEvent, journaled, ndjsonFile, pipeline } from 'dockrx';

const images = dockerEvents({
  filters: { type: ['image'], event: ['pull', 'push', 'import', 'load', 'tag', 'untag', 'delete', 'prune'] },
});

export default pipeline(
  'image-audit',
  journaled(images, { dir: 'data/images.journal', maxBytes: 64 * 1024 * 1024 }),
  flattenEvent(),
  ndjsonFile({ path: 'data/images.ndjson', exactlyOnce: true, fsync: 'batch' }),
);
