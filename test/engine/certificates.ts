import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** An authority of a test's own. Folders have ca.pem, cert.pem and key.pem, as DOCKER_CERT_PATH. */
export interface Authority {
  /** A certificate of this authority for a host of that name, or for a client. Returns its folder. */
  issue(name: string, extensions: string, when?: 'now' | 'past'): string;
}

export const forServer = (...names: readonly string[]): string =>
  `extendedKeyUsage=serverAuth\nsubjectAltName=${names.join(',')}\n`;
export const FOR_CLIENT = 'extendedKeyUsage=clientAuth\n';

/** Makes an authority in a new folder. */
export function authority(folder: string, name: string): Authority {
  const home = join(folder, name);
  const openssl = (...args: readonly string[]): void => {
    execFileSync('openssl', [...args], { cwd: home, stdio: 'pipe' });
  };
  mkdirSync(home);
  openssl('genpkey', '-algorithm', 'ed25519', '-out', 'ca-key.pem');
  openssl('req', '-x509', '-key', 'ca-key.pem', '-subj', `/CN=${name}`, '-days', '2', '-out', 'ca.pem');
  writeFileSync(join(home, 'index.txt'), '');
  writeFileSync(join(home, 'serial'), '01\n');
  writeFileSync(
    join(home, 'ca.cnf'),
    '[ca]\ndefault_ca=own\n[own]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=.\ndefault_md=default\npolicy=any\nunique_subject=no\n[any]\ncommonName=supplied\n',
  );
  let issued = 0;
  return {
    issue(subject, extensions, when = 'now') {
      issued += 1;
      const out = join(home, `${issued}`);
      mkdirSync(out);
      writeFileSync(join(out, 'ext.cnf'), extensions);
      openssl('genpkey', '-algorithm', 'ed25519', '-out', join(out, 'key.pem'));
      openssl(
        'req',
        '-new',
        '-key',
        join(out, 'key.pem'),
        '-subj',
        `/CN=${subject}`,
        '-out',
        join(out, 'csr.pem'),
      );
      openssl(
        ...['ca', '-batch', '-config', 'ca.cnf', '-cert', 'ca.pem', '-keyfile', 'ca-key.pem', '-notext'],
        ...['-in', join(out, 'csr.pem'), '-extfile', join(out, 'ext.cnf'), '-out', join(out, 'cert.pem')],
        ...(when === 'now'
          ? ['-days', '2']
          : ['-startdate', '20200101000000Z', '-enddate', '20200102000000Z']),
      );
      execFileSync('cp', [join(home, 'ca.pem'), out]);
      return out;
    },
  };
}
