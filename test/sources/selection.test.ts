import { expect } from 'chai';
import { selection } from '../../src/sources/shared/selection.ts';

const web = {
  name: 'shop-web-1',
  image: 'registry.example/nginx:1.27',
  labels: { tier: 'front', 'com.example.team': 'a=b' },
};
const db = { name: 'shop-db-1', image: 'postgres:17', labels: {} };

describe('selection', () => {
  const cases: readonly (readonly [Parameters<typeof selection>, boolean, boolean])[] = [
    [[undefined, undefined], true, true],
    [[{}, undefined], false, false],
    [[{ names: [] }, undefined], false, false],
    [[{ names: ['*'] }, undefined], true, true],
    [[{ names: ['shop-web-?'] }, undefined], true, false],
    [[{ names: ['web'] }, undefined], false, false],
    [[{ images: ['*nginx:*'] }, undefined], true, false],
    [[{ images: ['postgres:*'] }, undefined], false, true],
    [[{ labels: ['tier'] }, undefined], true, false],
    [[{ labels: ['tier=front'] }, undefined], true, false],
    [[{ labels: ['tier=back'] }, undefined], false, false],
    [[{ labels: ['com.example.*'] }, undefined], true, false],
    [[{ labels: ['com.example.team=a=*'] }, undefined], true, false],
    [[{ labels: ['*=front'] }, undefined], true, false],
    [[{ names: ['shop-db-*'], labels: ['tier'] }, undefined], true, true],
    [[undefined, { names: ['shop-db-*'] }], true, false],
    [[undefined, {}], true, true],
    [[{ names: ['shop-*'] }, { images: ['postgres*'] }], true, false],
    [[{ names: ['shop-web-1'] }, { names: ['*'] }], false, false],
  ];
  for (const [[include, exclude], takesWeb, takesDb] of cases)
    it(`of ${JSON.stringify(include ?? 'all')} without ${JSON.stringify(exclude ?? 'none')}`, () => {
      const selects = selection(include, exclude);
      expect([selects(web), selects(db)]).to.deep.equal([takesWeb, takesDb]);
    });
});
