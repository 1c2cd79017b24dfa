import { Observable } from 'rxjs';
import { defineSource } from '../../src/core/define-source.ts';
import { onFact } from '../../src/core/facts.ts';
import { pipeline } from '../../src/core/pipeline.ts';
import { runPipeline } from '../../src/core/run.ts';
import { websocketBroadcast } from '../../src/sinks/websocket-broadcast.ts';
import { broadcast, publishOnTime } from './broadcast.ts';
import { measured } from './measure.ts';

const MANY = 10_000;

await measured(async (job) => {
  let publishAll!: (count: number) => void;
  const records = defineSource<object>({
    name: 'records',
    open: () =>
      new Observable((out) => {
        publishAll = (count) => out.add(publishOnTime(count, (record) => out.next(record)));
      }),
  });
  const url = new Promise<string>((resolve) => {
    onFact((fact) => {
      if (fact.type === 'notice') resolve(fact.message.split(' ').at(-1)!);
    });
  });
  const sink = websocketBroadcast({ listen: '127.0.0.1:0', maxClients: MANY, maxClientsPerAddress: MANY });
  runPipeline(pipeline('bench', records, sink));
  return broadcast(job, await url, (count) => publishAll(count));
});
