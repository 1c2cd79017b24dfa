import { isFailure } from '../../../src/overview/happenings.ts';
import type { Row } from '../model/rows.ts';

/** The words of a row's state, what matters most first; the class gives the colour. */
export function stateWords(row: Row): {
  readonly tone: 'good' | 'bad' | 'warn' | 'calm';
  readonly text: string;
} {
  const { state, health, exitCode } = row;
  if (row.isCrashLooping) return { tone: 'bad', text: 'crash loop' };
  if (state === 'exited')
    return {
      tone: row.isOomKilled || isFailure(exitCode) ? 'bad' : 'calm',
      text: exitCode === undefined ? 'exited' : `exited (${exitCode})`,
    };
  if (state === 'dead') return { tone: 'bad', text: 'dead' };
  if (state === 'restarting') return { tone: 'warn', text: 'restarting' };
  if (state !== 'running') return { tone: state === 'paused' ? 'warn' : 'calm', text: state };
  if (health === 'unhealthy') return { tone: 'bad', text: 'unhealthy' };
  if (health === 'starting') return { tone: 'warn', text: 'starting' };
  return { tone: 'good', text: health === 'healthy' ? 'healthy' : 'running' };
}

export function State({ row }: { readonly row: Row }) {
  const { tone, text } = stateWords(row);
  return (
    <span class={`state ${tone}`}>
      <i class="dot" aria-hidden="true" />
      {text}
      {row.isOomKilled && (
        <b class="badge bad" title="A process of this container was killed for want of memory">
          OOM
        </b>
      )}
    </span>
  );
}
