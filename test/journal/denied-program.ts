// Opens a journal in each folder given as an argument, as a user whom permissions bind, and prints what becomes of it.
import { of } from 'rxjs';
import { journaled } from '../../src/journal/journaled.ts';

const NOBODY = 65534;

if (process.getuid!() === 0) {
  process.setgroups!([]);
  process.setgid!(NOBODY);
  process.setuid!(NOBODY);
}
for (const dir of process.argv.slice(2)) {
  const outcome = await new Promise<object>((resolve) => {
    journaled(of(1), { dir }).subscribe({
      error: (error: unknown) => {
        const { code, message } = error as { code: string; message: string };
        resolve({ code, message });
      },
      complete: () => resolve({ code: 'written', message: '' }),
    });
  });
  process.stdout.write(`${JSON.stringify(outcome)}\n`);
}
