import { expect } from 'chai';
import { eventFilters } from '../../src/sources/shared/event-filters.ts';

describe('eventFilters', () => {
  const filters = { type: ['container'], event: ['start', 'die', 'destroy'], label: ['a=b'] };

  it('leave what Docker gets as it is', () => {
    expect(eventFilters(filters, 'docker')).to.equal(JSON.stringify(filters));
  });

  it('add the names Podman has', () => {
    expect(JSON.parse(eventFilters(filters, 'podman'))).to.deep.equal({
      ...filters,
      event: ['start', 'die', 'destroy', 'died', 'remove'],
    });
  });

  it('name nothing twice', () => {
    expect(JSON.parse(eventFilters({ event: ['died', 'die'] }, 'podman'))).to.deep.equal({
      event: ['died', 'die'],
    });
  });

  it('leave Podman its filters without events', () => {
    expect(eventFilters({ type: ['image'] }, 'podman')).to.equal('{"type":["image"]}');
    expect(eventFilters({}, 'podman')).to.equal('{}');
  });
});
