import type { Agenda } from './agenda.ts';
import type { Collector } from './collector.ts';
import type { Hub } from './hub.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { EngineProfile } from './profile.ts';
import type { EngineServer } from './server.ts';
import type { Container } from './types.ts';
import type { World } from './world.ts';

/**
 * How an engine goes down. `live-restore`: containers run on and nothing is told. `sigterm`: containers are
 * stopped, with their events, and those with a restart policy start again later. `sigkill`: streams are cut at
 * once; the next engine kills what still runs before it answers, so those events are seen by `since` only.
 */
export type Shutdown = 'live-restore' | 'sigterm' | 'sigkill';

/** Down and up again, and standing still. Events that happen while it is down are never told. */
export interface Power {
  readonly down: (how: Shutdown) => Promise<void>;
  readonly up: () => Promise<void>;
  /** as SIGSTOP: the socket accepts, nothing is answered, streams are silent */
  readonly freeze: () => void;
  readonly thaw: () => void;
}

export interface PowerParts {
  readonly world: World;
  readonly hub: Hub;
  readonly collector: Collector;
  readonly agenda: Agenda;
  readonly lifecycle: Lifecycle;
  readonly server: EngineServer;
  readonly profile: EngineProfile;
  readonly firehose: { readonly pause: () => void; readonly resume: () => void } | undefined;
}

const startsAgain = ({ spec }: Container): boolean =>
  spec.restartPolicy.name === 'always' || spec.restartPolicy.name === 'unless-stopped';

export function createPower(parts: PowerParts): Power {
  const { world, hub, collector, agenda, lifecycle, server, profile, firehose } = parts;
  let downBy: { how: Shutdown; ran: readonly Container[] } | undefined;

  const running = (): Container[] =>
    [...world.containers.values()].filter(({ state }) => state === 'running' || state === 'paused');
  const stopAll = (containers: readonly Container[]): void => {
    for (const container of containers) lifecycle.stop(container, 137);
  };
  const halt = (): void => {
    collector.pause();
    agenda.pause();
    firehose?.pause();
  };
  const go = (): void => {
    collector.resume();
    agenda.resume();
    firehose?.resume();
  };

  return {
    down: async (how) => {
      if (downBy !== undefined) throw new Error('simulator: the engine is down already');
      const ran = running();
      downBy = { how, ran };
      halt();
      if (how === 'sigterm') stopAll(ran);
      if (how !== 'sigkill' && profile.endsStreamsCleanly) {
        for (const { channel } of hub.listeners) channel.end();
      }
      hub.mode('drop');
      hub.forget();
      await server.cut();
    },
    up: async () => {
      if (downBy === undefined) throw new Error('simulator: the engine is up already');
      const { how, ran } = downBy;
      downBy = undefined;
      hub.mode('live');
      const left = ran.filter(({ id }) => world.containers.has(id));
      if (how === 'sigkill') stopAll(left);
      if (how !== 'live-restore') {
        for (const container of left)
          if (startsAgain(container) && container.state === 'exited') lifecycle.start(container);
      }
      await server.listen();
      go();
    },
    freeze: () => {
      halt();
      hub.mode('hold');
      server.freeze();
    },
    thaw: () => {
      server.thaw();
      hub.mode('live');
      go();
    },
  };
}
