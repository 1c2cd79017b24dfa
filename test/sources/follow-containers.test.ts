import { expect } from 'chai';
import type { ServerResponse } from 'node:http';
import { defineSource } from '../../src/core/define-source.ts';
import { dockerEngine } from '../../src/engine/engine.ts';
import { type ContainerChange, followContainers } from '../../src/sources/docker-stats/follow-containers.ts';
import { selection } from '../../src/sources/shared/selection.ts';
import { engineSession } from '../../src/sources/shared/engine-session.ts';
import { answerJson } from '../engine/scripted-engine.ts';
import { type FleetServer, fleetServer, idOf } from './fleet-server.ts';
import { becomes, hear, type Hearing, stopHearing } from './hear.ts';

describe('followContainers', () => {
  let fleet: FleetServer;
  beforeEach(async () => (fleet = await fleetServer()));
  afterEach(async () => {
    stopHearing();
    await fleet.close();
  });
  const [one, two, three] = [1, 2, 3].map(idOf) as [string, string, string];

  const follow = (only?: readonly string[], address = fleet.address): Hearing<ContainerChange> => {
    const selects = selection(only && { names: only }, undefined);
    const engine = dockerEngine({ address });
    return hear(
      defineSource({
        name: 'changes',
        open: (tell) =>
          engineSession(engine, tell, (connection, signal) =>
            followContainers(connection, signal, tell, selects),
          ),
      }),
    );
  };
  /** `+name` for up, `-id` for down. */
  const told = ({ records }: Hearing<ContainerChange>): string[] =>
    records.map((change) =>
      change.type === 'up' ? `+${change.container.name}` : `-${Number.parseInt(change.id, 16)}`,
    );
  const tells = async (hearing: Hearing<ContainerChange>, ...wanted: string[]): Promise<void> => {
    await hearing.until(({ records }) => records.length >= wanted.length);
    expect(told(hearing)).to.deep.equal(wanted);
  };

  it('listens first, then lists', async () => {
    fleet.list(one);
    await tells(follow(), '+name-1');
    expect(fleet.requests.map((request) => request.split('?')[0])).to.deep.equal([
      'GET /_ping',
      'GET /events',
      'GET /containers/json',
    ]);
    const filters = new URLSearchParams(fleet.requests[1]!.split('?')[1]).get('filters');
    expect(JSON.parse(filters!)).to.deep.equal({
      type: ['container'],
      event: ['start', 'rename', 'die', 'destroy'],
    });
  });

  it('asks Podman for paused containers too, which Docker lists unasked', async () => {
    const podman = await fleetServer('1.41', 'Libpod/4.3.1 (linux)');
    const [listed, asked] = await Promise.all(
      [fleet, podman].map(async ({ address, requests, lists }) => {
        follow(undefined, address);
        await becomes(() => lists() === 1);
        return new URLSearchParams(requests.at(-1)!.split('?')[1]).get('filters');
      }),
    );
    expect(listed).to.equal(null);
    expect(JSON.parse(asked!)).to.deep.equal({ status: ['running', 'paused'] });
    stopHearing();
    await podman.close();
  });

  it('tells of containers that start and end', async () => {
    const changes = follow();
    await becomes(() => fleet.lists() === 1);
    fleet.list(one);
    fleet.tell('start', one);
    await tells(changes, '+name-1');
    fleet.unlist(one);
    fleet.tell('die', one);
    await tells(changes, '+name-1', '-1');
  });

  it('tells of a restart as an end and a start', async () => {
    fleet.list(one);
    const changes = follow();
    await tells(changes, '+name-1');
    fleet.tell('die', one);
    fleet.tell('start', one);
    await tells(changes, '+name-1', '-1', '+name-1');
  });

  it('tells of a container once, however often it is listed', async () => {
    fleet.list(one);
    const changes = follow();
    await tells(changes, '+name-1');
    fleet.tell('start', one);
    await becomes(() => fleet.lists() === 2);
    fleet.list(two);
    fleet.tell('start', two);
    await tells(changes, '+name-1', '+name-2');
  });

  it('lists once for many that start together', async () => {
    const changes = follow();
    await becomes(() => fleet.lists() === 1);
    const ids = Array.from({ length: 100 }, (_, i) => idOf(i + 1));
    for (const id of ids) fleet.list(id);
    for (const id of ids) fleet.tell('start', id);
    await changes.until(({ records }) => records.length === 100);
    expect(fleet.lists()).to.be.lessThan(5);
  });

  it('says of an event that is too long, which is no record of anybody, that it passed it over', async () => {
    const changes = follow();
    await becomes(() => fleet.lists() === 1);
    for (const listener of fleet.listeners) listener.write(`${'x'.repeat(4 * 1024 * 1024 + 1)}\n`);
    await changes.until(({ facts }) => facts.length === 2);
    expect(changes.facts[1])
      .to.include({ type: 'notice' })
      .with.property('message')
      .that.matches(/^passed over a line of more than 4194304 bytes from /);
    expect(changes.counts.received).to.equal(0);
  });

  it('tells a new name', async () => {
    fleet.list(one, 'old');
    const changes = follow();
    await tells(changes, '+old');
    fleet.list(one, 'new');
    fleet.tell('rename', one);
    await tells(changes, '+old', '+new');
  });

  it('takes a container that is renamed in or out of what is meant', async () => {
    fleet.list(one, 'web-1');
    fleet.list(two, 'db-1');
    const changes = follow(['web-*']);
    await tells(changes, '+web-1');
    fleet.list(one, 'old-1');
    fleet.list(two, 'web-2');
    fleet.tell('rename', one);
    fleet.tell('rename', two);
    await tells(changes, '+web-1', '-1', '+web-2');
  });

  it('finds by the list what no event has told', async () => {
    fleet.list(one);
    fleet.list(two);
    const changes = follow();
    await tells(changes, '+name-1', '+name-2');
    fleet.unlist(one);
    fleet.list(three);
    fleet.tell('start', three);
    await tells(changes, '+name-1', '+name-2', '-1', '+name-3');
  });

  describe('while a list is under way', () => {
    /** Holds the next list back; resolves with how to give it, as things were when it was asked for. */
    const held = (): Promise<() => void> =>
      new Promise((resolve) => {
        fleet.listing = (response: ServerResponse) => {
          const then = JSON.stringify(fleet.listed());
          fleet.listing = undefined;
          resolve(() => response.end(then));
        };
      });

    it('does not believe it of a container that has ended meanwhile', async () => {
      fleet.list(one);
      fleet.list(two);
      const list = held();
      const changes = follow();
      const give = await list;
      fleet.unlist(one);
      fleet.tell('die', one);
      fleet.tell('start', two);
      await heard(fleet, changes);
      give();
      await tells(changes, '+name-2');
      await becomes(() => fleet.lists() === 2);
      expect(told(changes)).to.deep.equal(['+name-2']);
    });

    it('learns of a container that has ended and started again', async () => {
      fleet.list(one);
      const list = held();
      const changes = follow();
      const give = await list;
      fleet.tell('die', one);
      fleet.tell('start', one);
      await heard(fleet, changes);
      give();
      await tells(changes, '+name-1');
    });

    it('does not ask for another at the same time', async () => {
      const list = held();
      const changes = follow();
      const give = await list;
      fleet.list(one);
      fleet.tell('start', one);
      await new Promise((resolve) => setTimeout(resolve, 600));
      expect(fleet.lists()).to.equal(1);
      give();
      await tells(changes, '+name-1');
    });
  });

  it('passes over events that say nothing', async () => {
    const changes = follow();
    await becomes(() => fleet.lists() === 1);
    for (const listener of fleet.listeners)
      listener.write('null\n7\n{"Action":7}\n{"Action":"start"}\nnot JSON\n\n');
    fleet.list(one);
    fleet.tell('start', one);
    await tells(changes, '+name-1');
    expect(fleet.lists()).to.equal(2);
  });

  describe('fails, to be tried again,', () => {
    const fails = async (changes: Hearing<ContainerChange>, said: string): Promise<void> => {
      expect(await changes.failure).to.include({ code: 'SOURCE_UNAVAILABLE' });
      expect((changes.error as Error).message)
        .to.contain(fleet.address)
        .and.contain(said);
      await fleet.allClosed();
    };

    for (const [how, end] of [
      ['ended', (answer: ServerResponse) => answer.end()],
      ['cut', (answer: ServerResponse) => answer.destroy()],
    ] as const)
      it(`when the events are ${how}`, async () => {
        const changes = follow();
        await becomes(() => fleet.lists() === 1);
        for (const listener of fleet.listeners) end(listener);
        await fails(changes, 'engine at');
      });

    for (const [what, body] of [
      ['no list', { message: 'oh' }],
      ['null', null],
    ] as const)
      it(`when the list is ${what}`, async () => {
        fleet.listing = answerJson(body);
        await fails(follow(), 'list of containers');
      });

    it('when the list fails', async () => {
      fleet.listing = answerJson({ message: 'no such layer' }, 500);
      await fails(follow(), 'no such layer');
    });
  });

  it('ends for good when it may not list', async () => {
    fleet.listing = answerJson({ message: 'forbidden by rules' }, 403);
    const changes = follow();
    expect(await changes.failure).to.include({ code: 'SOURCE_REFUSED' });
    await fleet.allClosed();
  });
});

/** Resolves when what was told has been heard: a line follows it that is told of as a fact. */
async function heard({ listeners }: FleetServer, changes: Hearing<ContainerChange>): Promise<void> {
  for (const listener of listeners) listener.write(Buffer.from([0xff, 10]));
  await changes.until(({ facts }) => facts.some(({ type }) => type === 'notice'));
}
