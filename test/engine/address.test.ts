import { expect } from 'chai';
import { hostIn } from '../../src/engine/address.ts';

describe('hostIn', () => {
  for (const [address, host] of [
    ['tcp://engine.example:2375', 'engine.example'],
    ['tcp://[::1]:2375', '::1'],
    ['ssh://me@engine.example:22/run/docker.sock', 'engine.example'],
    ['unix:///var/run/docker.sock', ''],
    ['unix://docker.sock', ''],
    ['npipe:////./pipe/docker_engine', ''],
  ] as const)
    it(`finds ${JSON.stringify(host)} in ${address}`, () => expect(hostIn(address)).to.equal(host));
});
