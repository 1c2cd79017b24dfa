import type { Answered, EngineSeen, Question } from '../../engine/examine.ts';
import { fail, ok, warn } from './facts.ts';
import type { Check, Facts } from './facts.ts';

interface Asked {
  readonly path: string;
  /** What Tecnativa's docker-socket-proxy, and those that are like it, call it. */
  readonly flag: string;
  /** What goes without it. */
  readonly without: string;
  /** Nothing works without: red by itself. Else a pipeline that needs it is. */
  readonly isVital?: true;
}

const ASKED: Readonly<Partial<Record<Question, Asked>>> = {
  events: { path: '/events', flag: 'EVENTS=1', without: 'no source of the engine works', isVital: true },
  list: {
    path: '/containers/json',
    flag: 'CONTAINERS=1',
    without: 'no stats; nothing is told of containers after a gap',
  },
  inspect: {
    path: '/containers/{id}/json',
    flag: 'CONTAINERS=1',
    without: 'exit codes are as the events tell them; no dockerContainers',
  },
  stats: { path: '/containers/{id}/stats', flag: 'CONTAINERS=1', without: 'no readings' },
  logs: { path: '/containers/{id}/logs', flag: 'CONTAINERS=1', without: 'no log lines' },
  info: { path: '/info', flag: 'INFO=1', without: 'paths of control groups are guessed' },
  version: { path: '/version', flag: 'VERSION=1', without: 'nothing: only this command asks' },
};

export const pathOf = (question: Question): string => ASKED[question]?.path ?? question;

/** What became of a question: why not, where nothing came of it. */
export interface Passage {
  readonly state: 'passed' | 'refused' | 'failed';
  readonly how: string;
}

export function passageOf(answer: Answered | undefined): Passage {
  if (answer?.status === undefined) return { state: 'failed', how: answer?.failure ?? 'not asked' };
  const { status, headers, body, failure } = answer;
  if (failure !== undefined) return { state: 'failed', how: failure };
  if (status === 200)
    return /^text\/html/i.test(headers['content-type'] ?? '')
      ? { state: 'refused', how: 'answered with a page' }
      : { state: 'passed', how: '' };
  // Of a container that is not there the engine itself says so.
  if (status === 404 && /no such container/i.test(body)) return { state: 'passed', how: '' };
  return { state: status < 500 ? 'refused' : 'failed', how: `answered ${status}${reasonIn(body)}` };
}

/** Whether something between us and the engine keeps questions from it. */
export const isFiltered = ({ answers }: EngineSeen): boolean =>
  Object.values(answers).some((answer) => passageOf(answer).state === 'refused' && !isOfEngine(answer));

/** One check a question. */
export const QUESTION_CHECKS: readonly Check[] = Object.entries(ASKED).map(
  ([question, asked]): Check =>
    ({ engine }) =>
      engine.answers.ping === undefined ? undefined : judge(asked, engine.answers[question as Question]),
);

function judge({ path, flag, without, isVital }: Asked, answer: Answered | undefined): ReturnType<Check> {
  const { state, how } = passageOf(answer);
  if (state === 'passed') return ok(path, `answers in ${Math.max(1, Math.round(answer!.ms))} ms`);
  const fix =
    state === 'refused' && !isOfEngine(answer)
      ? `let GET ${path} through; docker-socket-proxy: ${flag}`
      : "look into the engine's log, and ask it by hand: curl --unix-socket SOCKET http://docker" + path;
  const found = `${how}; without it: ${without}`;
  return isVital === true ? fail(path, found, fix) : warn(path, found, fix);
}

/** A stream of events must begin at once and last. */
export const checkStream: Check = ({ engine: { stream } }) => {
  const name = 'streams';
  if (stream === undefined || passageOf(stream).state === 'refused') return undefined;
  const { state, how } = passageOf(stream);
  if (state === 'failed')
    return fail(
      name,
      `a stream of events does not begin: ${how}`,
      'a proxy in between holds answers back until they end: turn its buffering off (nginx: proxy_buffering off)',
    );
  if (stream.cutAfterMs !== undefined)
    return fail(
      name,
      `a stream of events ended after ${Math.round(stream.cutAfterMs)} ms; it must last`,
      'raise the time-outs of what is in between (HAProxy: timeout server, timeout client; nginx: proxy_read_timeout)',
    );
  return ok(name, 'begin at once, and last');
};

/** What is known of such proxies, and cannot be seen within seconds. */
export const checkProxy: Check = ({ engine }: Facts) =>
  isFiltered(engine)
    ? warn(
        'proxy',
        'something between here and the engine chooses what passes; such proxies cut quiet streams too (docker-socket-proxy ' +
          'stats and logs after 10 minutes): dockrx goes on, events are made up for from the last 256',
        'raise its time-outs, and allow what is refused above',
      )
    : undefined;

/** The engine's own refusals are JSON with a message. */
const isOfEngine = (answer: Answered | undefined): boolean =>
  /^\s*\{.*"message"/s.test(answer?.body ?? '') && !/forbidden/i.test(answer?.body ?? '');

function reasonIn(body: string): string {
  const text = /"message"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(body)?.[1] ?? body.replace(/<[^>]*>/g, ' ');
  const line = text.replace(/[\p{Cc}\s]+/gu, ' ').trim();
  return line === '' ? '' : `: ${line.length > 80 ? `${line.slice(0, 79)}…` : line}`;
}
