import { connect } from '../../src/client/connect.ts';
import type { ClientConnection } from '../../src/client/connect.ts';
import type { PagePipelines, PageState } from '../../src/records/page-state.ts';
import type { LiveRecord, Store } from './model/store.ts';
import { showDuration } from '../../src/overview/units.ts';

/** What the page uses of records: a whole reading is thirty times as long. */
const FIELDS = [
  ...['kind', 'host', 'simulated', 'time', 'container', 'derived', 'state', 'health', 'engine', 'startedAt'],
  ...['finishedAt', 'exitCode', 'oomKilled', 'restartCount', 'limits.memory', 'type', 'action', 'id'],
  ...['attributes', 'synthetic', 'exit', 'timeNano', 'reason', 'atLeast', 'fromTime', 'toTime'],
  ...['containerId', 'name', 'process', 'version', 'cpus', 'memoryBytes'],
];

export type Link =
  | { readonly state: 'connecting' }
  | { readonly state: 'live' }
  | { readonly state: 'away'; readonly sinceMs: number; readonly nextMs: number }
  | { readonly state: 'refused'; readonly text: string; readonly wantsToken: boolean };

/** How it stands with the connection. */
export interface Status {
  readonly link: Link;
  readonly isPaused: boolean;
  /** Each time that it was lost and came back. */
  readonly reconnects: number;
  readonly back?: { readonly atMs: number; readonly text: string; readonly isComplete: boolean };
}

export interface Follower {
  readonly status: () => Status;
  readonly pipelines: () => {
    readonly now?: PagePipelines | undefined;
    readonly before?: PagePipelines | undefined;
  };
  /** This machine's clock, set by the one of dockrx. */
  readonly nowMs: () => number;
  /** What comes meanwhile comes after it. */
  readonly pause: (isPaused: boolean) => void;
}

const POLL_MS = 2_000;
const RETRY_MS = 1_000;

/** Follows the feed into the store, for ever. `changed` is called whenever there is something new to show. */
export function follow(store: Store, feedPath: string, changed: () => void): Follower {
  const token = new URLSearchParams(location.search).get('token') ?? undefined;
  let status: Status = { link: { state: 'connecting' }, isPaused: false, reconnects: 0 };
  let aheadMs = 0;
  let pipelines: { now?: PagePipelines; before?: PagePipelines | undefined } = {};
  /** Records that came before the state was there: it may be older. */
  let waiting: LiveRecord[] | undefined = [];
  let loading = 0;

  const nowMs = (): number => Date.now() - aheadMs;
  const set = (change: Partial<Status>): void => {
    status = { ...status, ...change };
    changed();
  };
  const ask = async <T>(name: string): Promise<T | undefined> => {
    const response = await fetch(`./api/${name}`, {
      headers: token === undefined ? {} : { Authorization: `Bearer ${token}` },
    });
    if (response.ok) return (await response.json()) as T;
    if (response.status === 401 || response.status === 403)
      set({
        link: {
          state: 'refused',
          text: (await response.text()).trim(),
          wantsToken: response.status === 401,
        },
      });
    return undefined;
  };
  const load = async (): Promise<void> => {
    const own = (loading += 1);
    waiting ??= [];
    for (;;) {
      const state = await ask<PageState>('state').catch(() => undefined);
      if (own !== loading) return;
      if (state !== undefined) {
        aheadMs = Date.now() - Date.parse(state.time);
        store.load(state, nowMs());
        for (const record of waiting) store.take(record, nowMs());
        waiting = undefined;
        set(status.link.state === 'refused' ? {} : { link: { state: 'live' } });
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  };
  const opened = (): void => {
    const { link } = status;
    if (link.state !== 'away') return;
    const atMs = nowMs();
    const text = `Connected again after ${showDuration((atMs - link.sinceMs) / 1_000)}: nothing is missing`;
    set({
      link: { state: 'live' },
      reconnects: status.reconnects + 1,
      back: { atMs, text, isComplete: true },
    });
  };
  const incomplete = (what: string): void => {
    store.missed(what, nowMs());
    if (status.back !== undefined)
      set({
        back: { ...status.back, text: status.back.text.replace(/:.*/, `: ${what}`), isComplete: false },
      });
    void load();
  };
  const connection: ClientConnection = connect<LiveRecord>(
    {
      url: feedUrl(feedPath),
      filters: { fields: FIELDS },
      ...(token !== undefined && { token }),
      maxDelayMs: 5_000,
    },
    (frame) => {
      if (frame.type === 'record') {
        if (waiting === undefined) store.take(frame.record, nowMs());
        else waiting.push(frame.record);
        changed();
      } else if (frame.type === 'connection') {
        if (frame.state === 'open') {
          opened();
          if (waiting !== undefined) void load();
        } else away(frame.delayMs ?? 0);
      } else if (frame.type === 'gap')
        incomplete(
          frame.reason === 'too-old'
            ? `${frame.atLeast} events or more came while the page was away, and are kept no more`
            : 'dockrx began anew: what happened in between is not known',
        );
      else if (frame.type === 'lost') incomplete(`this page was too slow for ${frame.count} events`);
    },
  );
  const away = (delayMs: number): void => {
    if (status.link.state === 'refused') return;
    const sinceMs = status.link.state === 'away' ? status.link.sinceMs : nowMs();
    if (status.link.state === 'connecting') void ask('pipelines').catch(() => undefined);
    set({ link: { state: 'away', sinceMs, nextMs: nowMs() + delayMs } });
  };
  const poll = async (): Promise<void> => {
    const isIdle = status.isPaused || status.link.state === 'away';
    const now = isIdle ? undefined : await ask<PagePipelines>('pipelines').catch(() => undefined);
    if (now !== undefined) {
      const isSameRun = pipelines.now !== undefined && pipelines.now.atMs < now.atMs;
      pipelines = { now, before: isSameRun ? pipelines.now : undefined };
      changed();
    }
    if (status.link.state !== 'refused') setTimeout(() => void poll(), POLL_MS);
  };
  void poll();

  return {
    status: () => status,
    pipelines: () => pipelines,
    nowMs,
    pause(isPaused) {
      if (isPaused === status.isPaused) return;
      set({ isPaused });
      if (isPaused) connection.pause();
      else connection.resume();
    },
  };
}

/** Of the server that the page came from. */
function feedUrl(path: string): string {
  const url = new URL(path, location.href);
  url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}
