import { isObject } from '../../records/check.ts';
import type { ContainerInfo } from '../../records/container-stats.ts';
import { inspectedIn } from '../../records/parse-container-facts.ts';

/** What has to be known of a container to read its log. */
export interface LoggedContainer {
  readonly container: ContainerInfo;
  readonly isRunning: boolean;
  /** It is being removed: the engine tells nothing of its log any more. */
  readonly isLeaving: boolean;
  /** When its last run began, which names it; nothing before the first. */
  readonly run: string | undefined;
  readonly hasTerminal: boolean;
  readonly driver: string;
  /** Whether the engine throws away what is old of it. */
  readonly rotates: boolean;
}

/** Of a `GET /containers/{id}/json` answer. Throws a TypeError when it is none. */
export function loggedIn(body: unknown): LoggedContainer {
  const { container, state, startedAt } = inspectedIn(body);
  const { Config: config, HostConfig: host } = body as Record<string, unknown>;
  const log = isObject(host) && isObject(host['LogConfig']) ? host['LogConfig'] : {};
  const driver = typeof log['Type'] === 'string' ? log['Type'] : '';
  const { Config: options } = log;
  return {
    container,
    isRunning: state === 'running' || state === 'paused',
    isLeaving: state === 'removing' || state === 'dead',
    run: startedAt,
    hasTerminal: isObject(config) && config['Tty'] === true,
    driver,
    rotates: driver === 'local' || (isObject(options) && typeof options['max-size'] === 'string'),
  };
}

const UNREADABLE = /does not support reading|cannot read logs|not logging output/;

/** 501 is Docker's word for it, Podman has none of its own. */
export const isUnreadable = (error: Error): boolean =>
  (error.cause as { status?: unknown } | undefined)?.status === 501 || UNREADABLE.test(error.message);
