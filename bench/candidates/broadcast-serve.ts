import { Observable } from 'rxjs';
import { defineSource } from '../../src/core/define-source.ts';
import { onFact } from '../../src/core/facts.ts';
import { pipeline } from '../../src/core/pipeline.ts';
import { runPipeline } from '../../src/core/run.ts';
import type { Source } from '../../src/core/types.ts';
import { websocketBroadcast } from '../../src/sinks/websocket-broadcast.ts';
import { broadcast, publishOnTime } from './broadcast.ts';
import type { Figures, Job } from './measure.ts';

const MANY = 10_000;

/** Serves what a source brings by the sink, at a free port; resolves with its URL. */
export function serveBySink(source: Source<unknown>): Promise<string> {
  const url = new Promise<string>((resolve) => {
    onFact((fact) => {
      if (fact.type === 'opened') resolve(fact.target);
    });
  });
  const sink = websocketBroadcast({ listen: '127.0.0.1:0', maxClients: MANY, maxClientsPerAddress: MANY });
  runPipeline(pipeline('bench', source, sink));
  return url;
}

/** Records made in this process, on time, to clients of which some are stalled. */
export async function serveRecords(job: Job, stalled: number): Promise<Figures> {
  let publishAll!: () => void;
  const records = defineSource<object>({
    name: 'records',
    open: () =>
      new Observable((out) => {
        publishAll = () => out.add(publishOnTime(job, (record) => out.next(record)));
      }),
  });
  const url = await serveBySink(records);
  return broadcast(job, url, () => publishAll(), stalled);
}
