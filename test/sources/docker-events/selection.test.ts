import { expect } from 'chai';
import type { ListedContainer } from '../../../src/records/container-list.ts';
import { selectionOf } from '../../../src/sources/docker-events/selection.ts';

const WEB: ListedContainer = {
  id: 'c0ffee00',
  name: 'shop-web-1',
  image: 'registry:5000/shop/web:2.1',
  imageId: 'sha256:1',
  labels: { tier: 'front', empty: '' },
  phase: 'up',
  createdNano: '1',
  exitCode: undefined,
};

type Filters = Readonly<Record<string, readonly string[]>>;

describe('selectionOf', () => {
  const selects = (filters: Filters): boolean => selectionOf(filters, 'docker').container(WEB);
  const right: readonly Filters[] = [
    {},
    { container: ['c0ff'] },
    { container: ['shop-web-1'] },
    { container: ['shop-'] },
    { container: ['other', 'shop-web-1'] },
    { container: [] },
    { image: ['registry:5000/shop/web:2.1'] },
    { image: ['registry:5000/shop/web'] },
    { label: ['tier'] },
    { label: ['tier=front'] },
    { label: ['tier=front', 'empty='] },
    { label: ['name=shop-web-1'] },
    { scope: ['local', 'swarm'] },
    { type: ['image'], event: ['pull'] },
  ];
  for (const filters of right)
    it(`takes a container by ${JSON.stringify(filters)}`, () => {
      expect(selects(filters)).to.equal(true);
    });

  const wrong: readonly Filters[] = [
    { container: ['web'] },
    { container: ['other'] },
    { image: ['web'] },
    { image: ['registry:5000/shop/web:2'] },
    { image: ['registry'] },
    { label: ['tier=back'] },
    { label: ['tier=front', 'other'] },
    { label: ['front'] },
    { volume: ['data'] },
    { scope: ['swarm'] },
    { container: ['c0ff'], image: ['other'] },
  ];
  for (const filters of wrong)
    it(`takes it not by ${JSON.stringify(filters)}`, () => {
      expect(selects(filters)).to.equal(false);
    });

  const actions = (filters: Filters | undefined, flavour: 'docker' | 'podman' = 'docker'): string[] =>
    ['create', 'start', 'die', 'destroy', 'remove'].filter(selectionOf(filters, flavour).action);

  it('takes all actions without filters of events and types', () => {
    expect(actions(undefined)).to.have.lengthOf(5);
    expect(actions({ container: ['x'] })).to.have.lengthOf(5);
  });

  it('takes those named, of containers', () => {
    expect(actions({ event: ['die', 'start'] })).to.deep.equal(['start', 'die']);
    expect(actions({ type: ['container'], event: ['die'] })).to.deep.equal(['die']);
    expect(actions({ type: ['volume', 'container'] })).to.have.lengthOf(5);
    expect(actions({ type: ['volume'] })).to.deep.equal([]);
  });

  it("takes Podman's under Docker's name", () => {
    expect(actions({ event: ['destroy'] }, 'podman')).to.deep.equal(['destroy', 'remove']);
  });
});
