// Tries each path given as an argument as a user whom permissions bind, and prints what becomes of it, a line each.
import { from } from 'rxjs';
import { ndjsonFile } from '../../../src/sinks/ndjson-file.ts';

const NOBODY = 65534;

if (process.getuid!() === 0) {
  process.setgroups!([]);
  process.setgid!(NOBODY);
  process.setuid!(NOBODY);
}
for (const path of process.argv.slice(2)) {
  const outcome = await new Promise<unknown>((resolve) => {
    from([{ name: 'x' }])
      .pipe(ndjsonFile({ path }))
      .subscribe({
        next: ({ type }) => {
          if (type === 'retrying') resolve({ code: 'tried again' });
        },
        error: (error: unknown) => {
          const { code, message } = error as { code: string; message: string };
          resolve({ code, message });
        },
        complete: () => resolve({ code: 'written' }),
      });
  });
  process.stdout.write(`${JSON.stringify({ path, ...(outcome as object) })}\n`);
}
process.exit();
