import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** As `needs`, for a program that a Debian package has. */
export function needsProgram(program: string, debianPackage: string): void {
  before(`has ${program}`, function () {
    if (pathOf(program) !== undefined) return;
    const reason = `needs ${program}: apt-get install --no-install-recommends ${debianPackage}`;
    if (process.env['CI'] === 'true') throw new Error(reason);
    Object.assign(this.test!.parent!, { skipReason: reason });
    this.skip();
  });
}

/** Where a program is, also one that only root has on the path. */
export function pathOf(program: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'];
  return folders
    .map((folder) => join(folder, program))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
