import { expect } from 'chai';
import { ALL_KINDS, engineKinds } from './kinds.ts';

describe('engineKinds', () => {
  it('is the one that needs no preparation by default', () => {
    expect(engineKinds({})).to.deep.equal(['docker-20.10']);
    expect(engineKinds({ CI: 'false' })).to.deep.equal(['docker-20.10']);
  });

  it('is every kind under CI=true and for `all`', () => {
    expect(engineKinds({ CI: 'true' })).to.deep.equal(ALL_KINDS);
    expect(engineKinds({ DOCKRX_ENGINES: 'all' })).to.deep.equal(ALL_KINDS);
    expect(ALL_KINDS).to.include.members(['docker-20.10', 'docker-26.1', 'docker-28.5', 'podman-4.3']);
  });

  it('is what DOCKRX_ENGINES lists, also under CI=true', () => {
    expect(engineKinds({ CI: 'true', DOCKRX_ENGINES: 'podman-4.3, docker-26.1' })).to.deep.equal([
      'podman-4.3',
      'docker-26.1',
    ]);
    expect(engineKinds({ CI: 'true', DOCKRX_ENGINES: 'none' })).to.deep.equal([]);
  });

  it('names what it does not know and what there is', () => {
    expect(() => engineKinds({ DOCKRX_ENGINES: 'docker-99' })).to.throw(/docker-99.*docker-20\.10/);
  });
});
