import { expect } from 'chai';
import { isFailure, tell } from '../../src/overview/happenings.ts';
import { at, event } from '../web/records.ts';

describe('overview: happenings', () => {
  it('tells a kill of the kernel, in a container or not', () => {
    const kill = { kind: 'oom-kill', host: 'h', time: at(0), process: 'java', evidence: ['kernel'] } as const;
    expect(tell({ ...kill, containerId: 'ab'.repeat(32), name: 'app' })).to.include({
      ...{ mark: 'oom', subject: 'app', text: 'out of memory: java was killed' },
    });
    expect(tell({ ...kill, containerId: 'ab'.repeat(32) })).to.include({ subject: 'abababababab' });
    expect(tell(kill)).to.include({ subject: 'host' });
  });

  it('shortens ids, and nothing else', () => {
    const of = (id: string) => tell(event('', 'create', 0, { type: 'volume', id, attributes: {} })).subject;
    expect(of('ab'.repeat(32))).to.equal('abababababab');
    expect(of('a-volume-of-a-name-that-is-quite-long')).to.equal('a-volume-of-a-name-that-is-quite-long');
    expect(of('')).to.equal('volume');
  });

  it('tells a crash loop by how often and how fast', () => {
    const loop = {
      kind: 'crash-loop',
      host: 'h',
      time: at(70),
      since: at(0),
      deaths: 3,
      exitCodes: [1, 2, 1],
    } as const;
    const container = { id: 'id-of-a', name: 'a', image: 'a:1' };
    expect(tell({ ...loop, container })).to.deep.equal({
      ...{ mark: 'crash-loop', subject: 'a', text: 'failed 3 times in 1 min 10 s, exit codes 1, 2' },
    });
  });

  it('takes an end that was asked for, or of which nobody knows, for no failure', () => {
    expect([undefined, 0, 130, 143, 1, 137].map(isFailure)).to.deep.equal([
      ...[false, false, false, false, true, true],
    ]);
  });
});
