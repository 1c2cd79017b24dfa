import type { Hub } from './hub.ts';
import type { Container } from './types.ts';
import type { World } from './world.ts';

/** The events around a container, with the attributes the engine gives them. */
export interface ActorEvents {
  /** labels come after the event's own attributes and so can shadow them; `image` and `name` cannot be shadowed */
  readonly container: (
    container: Container,
    action: string,
    attributes?: Readonly<Record<string, string>>,
  ) => void;
  readonly networks: (container: Container, action: 'connect' | 'disconnect') => void;
  readonly volumes: (container: Container, action: 'mount' | 'unmount') => void;
  readonly volumeCreates: (container: Container) => void;
}

const containerAttributes = (
  { spec }: Container,
  attributes: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> => ({
  ...attributes,
  ...spec.labels,
  image: spec.image,
  name: spec.name,
});

export function actorEvents(world: World, hub: Hub): ActorEvents {
  return {
    container: (container, action, attributes = {}) =>
      hub.publish({
        type: 'container',
        action,
        id: container.id,
        attributes: containerAttributes(container, attributes),
      }),
    networks: ({ id, endpoints }, action) => {
      for (const { network } of endpoints) {
        const { id: networkId, type } = world.network(network);
        hub.publish({
          type: 'network',
          action,
          id: networkId,
          attributes: { container: id, name: network, type },
        });
      }
    },
    volumes: ({ id, spec }, action) => {
      for (const { name, destination } of spec.volumes) {
        const mount = { destination, propagation: '', 'read/write': 'true' };
        hub.publish({
          type: 'volume',
          action,
          id: name,
          attributes: { container: id, driver: 'local', ...(action === 'mount' ? mount : {}) },
        });
      }
    },
    volumeCreates: ({ spec }) => {
      for (const { name } of spec.volumes) {
        hub.publish({ type: 'volume', action: 'create', id: name, attributes: { driver: 'local' } });
      }
    },
  };
}
