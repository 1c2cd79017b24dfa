import { serveRecords } from './broadcast-serve.ts';
import { measured } from './measure.ts';

await measured((job) => serveRecords(job, 0));
