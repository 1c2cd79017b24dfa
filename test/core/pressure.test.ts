import { expect } from 'chai';
import { createPressure } from '../../src/core/pressure.ts';

describe('createPressure', () => {
  const said: string[] = [];
  beforeEach(() => said.splice(0));
  const say = ({ type }: { readonly type: string }): unknown => said.push(type);

  it('closes with the first full sink and opens with the last', () => {
    const pressure = createPressure(say);
    const seen: boolean[] = [];
    pressure.open.subscribe((open) => seen.push(open));
    pressure.rise();
    pressure.rise();
    pressure.fall();
    expect([seen, pressure.paused(), said]).to.deep.equal([[true, false], true, ['paused']]);
    pressure.fall();
    expect([seen, pressure.paused(), said]).to.deep.equal([
      [true, false, true],
      false,
      ['paused', 'resumed'],
    ]);
  });

  it('tells nobody that it opened once it has closed again', () => {
    const pressure = createPressure(say);
    const first: boolean[] = [];
    const second: boolean[] = [];
    pressure.rise();
    pressure.open.subscribe((open) => {
      first.push(open);
      if (open) pressure.rise();
    });
    pressure.open.subscribe((open) => second.push(open));
    pressure.fall();
    expect(pressure.paused()).to.equal(true);
    expect(first).to.deep.equal([false, true, false]);
    expect(second).to.deep.equal([false]);
  });
});
