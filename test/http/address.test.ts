import { expect } from 'chai';
import { isLoopback, listenAddress, parseListen, showAddress } from '../../src/http/address.ts';

describe('parseListen', () => {
  const right: Readonly<Record<string, readonly [host: string, port: number]>> = {
    '127.0.0.1:9808': ['127.0.0.1', 9808],
    '0.0.0.0:0': ['0.0.0.0', 0],
    '[::1]:65535': ['::1', 65_535],
    '[::]:80': ['::', 80],
    'docker-host.example:9808': ['docker-host.example', 9808],
    // Else the same place would be listened on twice.
    'localhost:9808': ['127.0.0.1', 9808],
  };
  for (const [text, [host, port]] of Object.entries(right))
    it(`reads ${text}`, () => {
      expect(parseListen(text)).to.deep.equal({ host, port });
      expect(listenAddress(text)).to.equal(true);
    });

  for (const text of [
    '',
    '9808',
    ':9808',
    '*:9808',
    '127.0.0.1',
    '127.0.0.1:',
    '127.0.0.1:65536',
    '::1:9808',
  ])
    it(`refuses ${text || 'an empty text'}`, () => expect(parseListen(text)).to.equal(undefined));

  for (const text of [
    '[127.0.0.1]:1',
    '[::g]:1',
    'http://127.0.0.1:1',
    '127.0.0.1:1/',
    '127.0.0.1:-1',
    'a b:1',
  ])
    it(`refuses ${text}`, () => expect(parseListen(text)).to.equal(undefined));

  it('says what it must be', () => {
    for (const value of [undefined, 9808, '9808'])
      expect(listenAddress(value)).to.equal(`HOST:PORT, such as '127.0.0.1:9808'`);
  });

  it('is shown as it was read', () => {
    for (const text of ['127.0.0.1:9808', '[::1]:1']) expect(showAddress(parseListen(text)!)).to.equal(text);
  });
});

describe('isLoopback', () => {
  it('knows addresses that only this machine reaches', () => {
    expect(['127.0.0.1', '127.1.2.3', '::1'].map(isLoopback)).to.deep.equal([true, true, true]);
  });

  it('takes no name and no other address for one', () => {
    const others = ['0.0.0.0', '::', '10.0.0.1', '127.example', '127.0.0.1.example'];
    expect(others.filter(isLoopback)).to.deep.equal([]);
  });
});
