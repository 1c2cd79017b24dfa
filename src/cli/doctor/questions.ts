import type { Answered, Question } from '../../engine/examine.ts';
import { fail, ok, warn } from './facts.ts';
import type { Check } from './facts.ts';

interface Asked {
  readonly path: string;
  /** What Tecnativa's docker-socket-proxy, and those that are like it, call it. */
  readonly flag: string;
  /** What goes without it. */
  readonly without: string;
}

const ASKED: Readonly<Record<Exclude<Question, 'ping'>, Asked>> = {
  events: { path: '/events', flag: 'EVENTS=1', without: 'no source that reads the engine works' },
  list: {
    path: '/containers/json',
    flag: 'CONTAINERS=1',
    without: 'no stats, and nothing is told of containers behind a gap',
  },
  inspect: {
    path: '/containers/{id}/json',
    flag: 'CONTAINERS=1',
    without: 'exit codes are as the events tell them; no dockerContainers',
  },
  stats: { path: '/containers/{id}/stats', flag: 'CONTAINERS=1', without: 'no readings' },
  logs: { path: '/containers/{id}/logs', flag: 'CONTAINERS=1', without: 'no log lines' },
  info: { path: '/info', flag: 'INFO=1', without: 'paths of control groups are guessed' },
  version: { path: '/version', flag: 'VERSION=1', without: 'nothing is lost: only this command asks' },
};

export const pathOf = (question: Exclude<Question, 'ping'>): string => ASKED[question].path;

/** What became of a question, and why it did not pass. */
export interface Passage {
  readonly state: 'passed' | 'refused' | 'failed';
  readonly how: string;
}

/** An engine's word for a log that nobody can read. */
export const UNREAD: RegExp = /does not support reading/i;

export function passageOf(answer: Answered | undefined): Passage {
  if (answer?.status === undefined) return { state: 'failed', how: answer?.failure ?? 'not asked' };
  const { status, headers, body, failure } = answer;
  if (failure !== undefined) return { state: 'failed', how: failure };
  if (status === 200)
    return /^text\/html/i.test(headers['content-type'] ?? '')
      ? { state: 'refused', how: 'answered with a page' }
      : { state: 'passed', how: '' };
  // It was asked about no container.
  if (status === 404 && isOfEngine(answer)) return { state: 'passed', how: '' };
  // The question came through: it is the container asked about whose driver keeps nothing.
  if (UNREAD.test(body)) return { state: 'passed', how: '' };
  return { state: status < 500 ? 'refused' : 'failed', how: `answered ${status}${reasonIn(body)}` };
}

/** All sources of an engine need it; it must begin at once and last. */
const checkEvents: Check = ({ engine: { answers } }) => {
  if (answers.ping === undefined) return undefined;
  const { path, without } = ASKED.events;
  const { state, how } = passageOf(answers.events);
  if (state === 'passed') return ok(path, `begins in ${shown(answers.events!.ms)}, and lasts`);
  if (state === 'refused')
    return fail(path, `${how}; without it: ${without}`, cureOf('events', answers.events));
  return answers.events?.status === 200
    ? fail(
        path,
        how,
        'raise the time-outs of what is in between (HAProxy: timeout server, timeout client; nginx: proxy_read_timeout)',
      )
    : fail(
        path,
        `the stream does not begin: ${how}`,
        'the engine is stuck, or a proxy holds answers back until they end: turn its buffering off (nginx: proxy_buffering off)',
      );
};

const checkAnswerTo =
  (question: Exclude<Question, 'ping'>): Check =>
  ({ engine: { answers } }) => {
    if (answers.ping === undefined) return undefined;
    const { path, without } = ASKED[question];
    const { state, how } = passageOf(answers[question]);
    return state === 'passed'
      ? ok(path, `answers in ${shown(answers[question]!.ms)}`)
      : warn(path, `${how}; without it: ${without}`, cureOf(question, answers[question]));
  };

/** What is known of proxies that choose, and cannot be seen within seconds. */
const checkProxy: Check = ({ engine: { answers } }) =>
  Object.values(answers).some(isKeptFromUs)
    ? warn(
        'proxy',
        'something in between chooses what passes. Such proxies cut quiet streams too (docker-socket-proxy: stats and logs ' +
          'after 10 minutes); dockrx then reads on, and events are made up for from the last 256',
        'raise its time-outs where that is too often',
      )
    : undefined;

export const QUESTION_CHECKS: readonly Check[] = [
  checkEvents,
  ...(['list', 'inspect', 'stats', 'logs', 'info', 'version'] as const).map(checkAnswerTo),
  checkProxy,
];

const shown = (ms: number): string => `${Math.max(1, Math.round(ms))} ms`;

const cureOf = (question: Exclude<Question, 'ping'>, answer: Answered | undefined): string =>
  isKeptFromUs(answer)
    ? `let GET ${ASKED[question].path} through; docker-socket-proxy: ${ASKED[question].flag}`
    : "look into the engine's log (journalctl -u docker)";

/** An engine names its API in every answer. */
const isOfEngine = ({ headers }: Answered): boolean => headers['api-version'] !== undefined;

const isKeptFromUs = (answer: Answered | undefined): boolean =>
  answer !== undefined && passageOf(answer).state === 'refused' && !isOfEngine(answer);

function reasonIn(body: string): string {
  const text = /"message"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(body)?.[1] ?? body.replace(/<[^>]*>/g, ' ');
  const line = text
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .replace(/^[45]\d\d /, '')
    .replace(/\.$/, '');
  return line === '' ? '' : `: ${line.length > 80 ? `${line.slice(0, 79)}…` : line}`;
}
