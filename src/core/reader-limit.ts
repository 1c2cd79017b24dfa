import { Observable } from 'rxjs';
import { PipelineError } from './errors.ts';

/** For a source with one cursor: a second reader at the same time would read on from where the first has come to. */
export function readerLimit(source: string): <T>(records: Observable<T>) => Observable<T> {
  let isRead = false;
  return (records) =>
    new Observable((out) => {
      if (isRead) {
        out.error(
          new PipelineError(
            'CONFIG_INVALID',
            `${source}: one source is read at two places, and would lose records at each; call ${source}() for each of them`,
          ),
        );
        return;
      }
      isRead = true;
      out.add(() => (isRead = false));
      out.add(records.subscribe(out));
    });
}
