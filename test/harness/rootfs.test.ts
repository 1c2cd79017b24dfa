import { expect } from 'chai';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { needs } from './needs.ts';
import { cacheFolder, rootfs } from './rootfs.ts';

describe('the Debian folders', () => {
  needs('root', 'netns', 'debootstrap');
  const { DOCKRX_ROOTFS_CACHE: before } = process.env;
  let cache: string;
  beforeEach(() => {
    cache = mkdtempSync(join(tmpdir(), 'dockrx-rootfs-'));
    process.env['DOCKRX_ROOTFS_CACHE'] = cache;
  });
  afterEach(() => {
    if (before === undefined) delete process.env['DOCKRX_ROOTFS_CACHE'];
    else process.env['DOCKRX_ROOTFS_CACHE'] = before;
    rmSync(cache, { recursive: true });
  });

  it('are kept where DOCKRX_ROOTFS_CACHE says', () => {
    expect(cacheFolder()).to.equal(cache);
  });

  it('leave nothing when they cannot be made, and say why', async () => {
    const failure = await rootfs({ suite: 'no-such-suite', packages: ['iproute2'] }).catch(
      (error: unknown) => error,
    );
    expect(failure).to.be.instanceOf(Error);
    expect((failure as Error).message)
      .to.contain('cannot make a Debian no-such-suite')
      .and.contain('debootstrap --variant=minbase --include=iproute2');
    expect(readdirSync(cache)).to.deep.equal([]);
  });
});
