// Shows so many records on its standard output; the last line of its standard error tells how that ended.
import { range } from 'rxjs';
import { console as consoleSink } from '../../../src/sinks/console.ts';

range(0, Number(process.argv[2]))
  .pipe(consoleSink({ queue: { capacity: 1_000_000, capacityBytes: 1e9 } }))
  .subscribe({
    error: (error: unknown) => {
      const { code, message } = error as { code: string; message: string };
      process.stderr.write(`${code}: ${message}\n`);
    },
    complete: () => process.stderr.write('completed\n'),
  });
