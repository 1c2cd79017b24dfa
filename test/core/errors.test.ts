import { expect } from 'chai';
import { isRetryable, messageOf, PipelineError } from '../../src/core/errors.ts';

describe('PipelineError', () => {
  it('is an error with a code, a message and a cause', () => {
    const cause = new Error('ECONNREFUSED');
    const error = new PipelineError('SOURCE_UNAVAILABLE', 'the engine is away', { cause });
    expect(error).to.be.instanceOf(Error);
    expect(error).to.include({ name: 'PipelineError', code: 'SOURCE_UNAVAILABLE', cause });
    expect(String(error)).to.equal('PipelineError: the engine is away');
  });
});

describe('isRetryable', () => {
  it('is so for what can come back, and for nothing else', () => {
    const codes = [
      'CONFIG_INVALID',
      'SOURCE_UNAVAILABLE',
      'SOURCE_REFUSED',
      'SINK_UNAVAILABLE',
      'SINK_REFUSED',
    ] as const;
    expect(codes.filter((code) => isRetryable(new PipelineError(code, '')))).to.deep.equal([
      'SOURCE_UNAVAILABLE',
      'SINK_UNAVAILABLE',
    ]);
  });

  it('reads the code, whichever copy of the class it is of', () => {
    expect(isRetryable(Object.assign(new Error('x'), { code: 'SINK_UNAVAILABLE' }))).to.equal(true);
    expect(isRetryable({ code: 'SOURCE_UNAVAILABLE' })).to.equal(true);
  });

  it('takes what it does not know for fatal', () => {
    for (const thrown of [
      new Error('bug'),
      { code: 'ECONNRESET' },
      { code: 'toString' },
      { code: 7 },
      null,
      undefined,
      'x',
    ])
      expect(isRetryable(thrown)).to.equal(false);
  });
});

describe('messageOf', () => {
  it('is the message of anything thrown', () => {
    expect([new Error('why'), 'text', undefined, null, 7, Symbol('s')].map(messageOf)).to.deep.equal([
      ...['why', 'text', 'undefined', 'null', '7', 'Symbol(s)'],
    ]);
  });
});
