import { expect } from 'chai';
import { DEFAULT_LABELS, keptLabels, labelPolicy } from '../../src/records/labels.ts';

describe('labelPolicy', () => {
  it('keeps what matches a glob, or is named besides, and nothing else', () => {
    const keep = labelPolicy(['com.example.*', 'tier'], new Set(['name']));
    expect(['com.example.a', 'com.example.', 'tier', 'name'].every(keep)).to.equal(true);
    expect(['com.example', 'tier2', 'Name', ''].some(keep)).to.equal(false);
  });

  it('keeps nothing by no globs and everything by *', () => {
    expect(labelPolicy([])('any')).to.equal(false);
    expect(labelPolicy(['*'])('any')).to.equal(true);
  });

  it('says the same of a key however often and however many others are asked between', () => {
    const keep = labelPolicy(['keep-*']);
    const keys = Array.from({ length: 30_000 }, (_, i) => `${i % 3 === 0 ? 'keep' : 'drop'}-${i}`);
    for (let round = 0; round < 2; round += 1)
      for (const key of keys) if (keep(key) !== key.startsWith('keep-')) expect.fail(key);
  });

  it('keeps by default the names of compose, swarm and Kubernetes, without globs that catch more', () => {
    const keep = labelPolicy(DEFAULT_LABELS);
    expect(keep('com.docker.compose.project')).to.equal(true);
    expect(keep('com.docker.compose.project.environment_file')).to.equal(false);
    expect(DEFAULT_LABELS.filter((label) => label.includes('*'))).to.deep.equal([]);
  });
});

describe('keptLabels', () => {
  it('keeps texts, in their order', () => {
    const labels = { b: '1', a: '', c: 7, d: null, e: 'x' };
    expect(Object.entries(keptLabels(labels, (key) => key !== 'e'))).to.deep.equal([
      ['b', '1'],
      ['a', ''],
    ]);
  });

  it('keeps nothing of nothing', () => {
    expect(keptLabels(undefined, () => true)).to.deep.equal({});
    expect(keptLabels(null, () => true)).to.deep.equal({});
  });
});
