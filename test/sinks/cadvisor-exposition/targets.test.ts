import { expect } from 'chai';
import { askedHost, targetsIn } from '../../../src/sinks/cadvisor-exposition/targets.ts';

describe('the forms of a proxy request', () => {
  // As recorded of the ancestor: fixtures/cadvisor-events-exporter/proxy-url-forms.txt.
  for (const form of [
    '/proxy/HOST:PORT',
    '/proxy/http://HOST:PORT',
    '/proxy?url=HOST:PORT',
    '/proxy/?url=http://HOST:PORT',
    '/proxy/HOST:PORT/any/path',
    '/proxyfoo/HOST:PORT',
    '/proxy?url=HOST:PORT/base?foo=bar%26all_events=false',
    '/proxy/HOST:PORT?foo=bar',
    // As clients change them on the way.
    '/proxy/http:/HOST:PORT',
    '/proxy/http%3A%2F%2FHOST%3APORT',
    '/proxy?url=http%3A%2F%2FHOST%3APORT',
    '/proxy/http://user:secret@HOST:PORT/',
    '/proxy/https://HOST:PORT',
  ])
    it(`${form} names HOST:PORT`, () => {
      const url = form.replaceAll('HOST', 'cadvisor-1.example').replace(/:PORT|%3APORT/, ':8080');
      expect(askedHost(url)).to.equal('cadvisor-1.example:8080');
    });

  for (const form of ['/proxy', '/proxy/', '/proxy?url=', '/proxy?x=1'])
    it(`${form} names none`, () => expect(askedHost(form)).to.equal(''));

  for (const form of [
    '/proxy/%zz',
    '/proxy/a b',
    '/proxy/file:///etc/passwd',
    '/proxy/gopher://x:70',
    '/proxy/h:99999',
  ])
    it(`${form} is no address`, () => expect(askedHost(form)).to.equal(undefined));

  it('knows addresses of IP version 6, and port 80 without being told', () => {
    expect(askedHost('/proxy/[::1]:8080')).to.equal('[::1]:8080');
    expect(askedHost('/proxy/host:80')).to.equal('host');
    expect(
      [...targetsIn(['http://host:80', 'http://u:p@[::1]:8080/base/'])].map(([key, { host }]) => [key, host]),
    ).to.deep.equal([
      ['host', 'host'],
      ['[::1]:8080', '[::1]:8080/base'],
    ]);
  });
});
