import { test } from 'node:test';
import { dockerEvent, expectPipeline, matching } from 'dockrx/testing';
import containers from './containers.ts';

test('tells when containers start and end, and nothing else', () =>
  expectPipeline(containers)
    .given('a 9ms b 9ms c', {
      a: dockerEvent({ action: 'start', name: 'web', image: 'nginx:1.27' }),
      b: dockerEvent({ action: 'exec_start: sh', name: 'web' }),
      c: dockerEvent({ action: 'die', name: 'web', exitCode: 137 }),
    })
    .emits('a 19ms c', {
      a: matching({ action: 'start', container: 'web', image: 'nginx:1.27' }),
      c: matching({ action: 'die', container: 'web', exitCode: 137 }),
    }));
