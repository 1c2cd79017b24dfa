import type { Status } from '../feed.ts';
import { showClock, showDuration } from '../../../src/overview/units.ts';

/** How long it is told that the connection is back. */
const TOLD_MS = 10_000;

/** Whether what is shown is what is. */
export function ConnectionPill({ status }: { readonly status: Status }) {
  const { link, isPaused, reconnects, back } = status;
  const [tone, text] = isPaused
    ? ['warn', 'Paused']
    : link.state === 'live'
      ? ['good', 'Live']
      : link.state === 'away'
        ? ['bad', 'Disconnected']
        : link.state === 'refused'
          ? ['bad', 'Not allowed']
          : ['calm', 'Connecting'];
  return (
    <span
      class={`pill ${tone}`}
      role="status"
      data-link={isPaused ? 'paused' : link.state}
      data-reconnects={reconnects}
      title={back?.text}
    >
      <i class="dot" aria-hidden="true" />
      {text}
      {link.state === 'live' && !isPaused && back !== undefined && (
        <small> · reconnected {showClock(back.atMs)}</small>
      )}
    </span>
  );
}

/** What has to be said about the connection; nothing while all is well. */
export function ConnectionBanner({ status, nowMs }: { readonly status: Status; readonly nowMs: number }) {
  const { link, isPaused, back } = status;
  if (isPaused)
    return (
      <p class="banner warn" role="status">
        Paused: what happens meanwhile comes when you go on.
      </p>
    );
  if (link.state === 'away') {
    const wait = Math.max(0, Math.ceil((link.nextMs - nowMs) / 1_000));
    return (
      <p class="banner bad" role="alert">
        <strong>No connection to dockrx</strong> since {showClock(link.sinceMs)} (
        {showDuration((nowMs - link.sinceMs) / 1_000)}). What you see is from then.{' '}
        {wait > 0 ? `Trying again in ${wait} s.` : 'Trying again.'}
      </p>
    );
  }
  if (back !== undefined && nowMs - back.atMs < TOLD_MS)
    return (
      <p class={`banner ${back.isComplete ? 'good' : 'warn'}`} role="status">
        {back.text}.
      </p>
    );
  return null;
}
