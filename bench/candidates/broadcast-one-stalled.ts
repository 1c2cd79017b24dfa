import { serveRecords } from './broadcast-serve.ts';
import { measured } from './measure.ts';
import { CALM_RATE } from './on-time.ts';

await measured((job) => serveRecords(job, { perSecond: CALM_RATE, stalled: 1 }));
