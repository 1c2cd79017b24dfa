import { expect } from 'chai';
import { faultOf, troubleWith } from '../../../src/sinks/cadvisor-exposition/trouble.ts';
import { targetsIn, type Target } from '../../../src/sinks/cadvisor-exposition/targets.ts';
import { cadvisorStub, type CadvisorStub } from './cadvisor-stub.ts';
import { goldenPairs } from './golden.ts';

describe('the trouble with a target', () => {
  let stub: CadvisorStub;
  afterEach(() => stub.close());
  const target = (path = ''): Target => [...targetsIn([`${stub.address}${path}`]).values()][0]!;

  for (const { name, body, status, answer } of goldenPairs.filter(({ name }) => name !== 'hang')) {
    const isTrouble = answer.status !== 200 || status !== 200;
    it(`is ${isTrouble ? 'told' : 'none'} where the ancestor answered ${answer.status} (${name})`, async () => {
      stub = await cadvisorStub(body, status);
      const trouble = await troubleWith(target());
      if (!isTrouble) expect(trouble).to.equal(undefined);
      else {
        expect(trouble).to.contain(status === 200 ? 'it answered with' : `it answered ${status}: `);
        expect(trouble).to.contain(JSON.stringify(body.trim().slice(0, 20)).slice(0, -1));
      }
      expect(stub.requests).to.deep.equal([
        '/api/v1.3/events/?all_events=true&subcontainers=true&max_events=1',
      ]);
    });
  }

  it('is told where it does not answer in time', async () => {
    stub = await cadvisorStub(undefined);
    expect(await troubleWith(target(), 50)).to.equal('it did not answer within 0.05 s');
  });

  it('is told where it answers without an end', async () => {
    stub = await cadvisorStub('x'.repeat(2 * 1024 * 1024));
    expect(await troubleWith(target())).to.equal('it answered with more than 1048576 bytes');
  });

  it('is told where nothing listens', async () => {
    stub = await cadvisorStub('[]');
    const gone = target();
    await stub.close();
    expect(await troubleWith(gone)).to.contain('ECONNREFUSED');
    stub = await cadvisorStub('[]');
  });

  it('is looked for below the base prefix of a target', async () => {
    stub = await cadvisorStub('[]');
    expect(await troubleWith(target('/base/'))).to.contain('it answered 404');
    expect(stub.requests[0]).to.match(/^\/base\/api\/v1\.3\/events\/\?/);
  });

  it('is that of one event that is none', () => {
    expect(faultOf('[{}, {"timestamp":"2019-08-05T14:01:01.123456789+02:00"}]')).to.equal(undefined);
    for (const body of ['[null]', '[7]', '[{"timestamp":7}]', '[{"timestamp":"2019-08-05"}]', '[{}] x', ''])
      expect(faultOf(body), body).to.be.a('string');
  });
});
