import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Gauge, Registry } from 'prom-client';
import { names } from './containers.ts';
import { measured } from './measure.ts';
import { feedAndScrape } from './metrics.ts';

await measured(({ amount }) =>
  feedAndScrape(amount, async () => {
    const registry = new Registry();
    const labelNames = [
      'id',
      'name',
      'image',
      'container_label_com_docker_compose_project',
      'container_label_com_docker_compose_service',
    ];
    const gauges = names.map((name) => new Gauge({ name, help: name, labelNames, registers: [registry] }));
    const server = createServer((_request, response) => {
      void registry.metrics().then((text) => {
        response.setHeader('Content-Type', registry.contentType);
        response.end(text);
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      text: async () => Buffer.from(await registry.metrics()).length,
      take({ labels, values }) {
        for (let n = 0; n < gauges.length; n += 1) gauges[n]!.set(labels, values[n]!);
      },
    };
  }),
);
