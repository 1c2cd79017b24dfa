import type { Question as Any } from '../../engine/examine.ts';
import { checkCgroupFiles, checkKernelLog } from './machine.ts';
import { fail, ok, warn } from './facts.ts';
import type { Check, Facts, Finding, PipelineSeen } from './facts.ts';
import { passageOf, pathOf } from './questions.ts';

type Question = Exclude<Any, 'ping'>;

interface Needs {
  /** What it fails without. */
  readonly asks: readonly Question[];
  /** What it does with less without. */
  readonly likes?: readonly Question[];
}

/** By the names of sources; others need nothing that is known here. */
const ENGINE_NEEDS: Readonly<Record<string, Needs>> = {
  dockerEvents: { asks: ['events'], likes: ['list', 'inspect'] },
  dockerStats: { asks: ['events', 'list', 'stats'] },
  dockerContainers: { asks: ['events', 'list', 'inspect'], likes: ['info'] },
  dockerLogs: { asks: ['events', 'list', 'inspect', 'logs'] },
};
const FILE_SINKS = new Set(['ndjsonFile']);
/** Where sinks that serve do so unless told otherwise. */
const SERVED: Readonly<Record<string, string>> = {
  ...{ prometheus: '127.0.0.1:9808', websocketBroadcast: '127.0.0.1:9808', sseBroadcast: '127.0.0.1:9808' },
  ...{ livePage: '127.0.0.1:9808', cadvisorExposition: '127.0.0.1:8888' },
};

/** The addresses at which pipelines serve by default. */
export const servedBy = (pipelines: readonly PipelineSeen[]): readonly string[] => [
  ...new Set(pipelines.flatMap((pipeline) => needsOf(pipeline).ports)),
];

/** What a pipeline needs, and what of it is not there: red where it cannot do without. */
export function judgePipeline(pipeline: PipelineSeen, facts: Facts): Finding {
  const { name, sources } = pipeline;
  const needs = needsOf(pipeline);
  const isAway = facts.engine.answers.ping === undefined;
  const lacksQuestion = (question: Question): boolean =>
    passageOf(facts.engine.answers[question]).state !== 'passed';
  const engine = needs.asks.length > 0 ? ['the engine'] : [];
  const lacking = [
    ...(isAway ? engine : needs.asks.filter(lacksQuestion).map(pathOf)),
    ...(needs.writes && facts.machine.folders.some(({ error }) => error !== '') ? [FOLDER] : []),
  ];
  const without = [
    ...(isAway ? [] : needs.likes.filter(lacksQuestion).map(pathOf)),
    ...needs.files.filter((file) => FILE_CHECKS[file]!(facts)?.state !== 'ok'),
    ...needs.ports.filter((port) => facts.machine.ports[port] === 'taken').map(portNamed),
  ];
  const missing = new Set([...lacking, ...without]);
  const there = [
    ...(isAway ? engine : [...needs.asks, ...needs.likes].map(pathOf)),
    ...[...needs.files, ...(needs.writes ? [FOLDER] : []), ...needs.ports.map(portNamed)],
  ].filter((need) => !missing.has(need));
  const found = [
    ...(lacking.length > 0 ? [`lacks ${lacking.join(', ')}`] : []),
    ...(without.length > 0 ? [`goes without, where it may: ${without.join(', ')}`] : []),
    ...(there.length > 0 ? [`has ${there.join(', ')}`] : []),
  ].join('; ');
  if (found === '') return ok(name, `reads ${sources.join(', ')}: nothing that is looked at here`);
  return (lacking.length > 0 ? fail : without.length > 0 ? warn : ok)(name, found);
}

const FOLDER = 'a folder to write in';
const portNamed = (port: string): string => `port ${port}`;
const FILE_CHECKS: Readonly<Record<string, Check>> = {
  ...{ 'the kernel log': checkKernelLog, 'cgroup files': checkCgroupFiles },
};
const FILES: Readonly<Record<string, string>> = { kernelOom: 'the kernel log', cgroupEvents: 'cgroup files' };

function needsOf({ sources, sinks, journals }: PipelineSeen): {
  readonly asks: readonly Question[];
  readonly likes: readonly Question[];
  readonly files: readonly string[];
  readonly writes: boolean;
  readonly ports: readonly string[];
} {
  const needs = sources.flatMap((source) => ENGINE_NEEDS[source] ?? []);
  const asks = new Set(needs.flatMap((one) => one.asks));
  const likes = new Set(needs.flatMap((one) => one.likes ?? []).filter((question) => !asks.has(question)));
  return {
    asks: [...asks],
    likes: [...likes],
    files: [...new Set(sources.flatMap((source) => FILES[source] ?? []))],
    writes: journals.length > 0 || sinks.some((sink) => FILE_SINKS.has(sink)),
    ports: [...new Set(sinks.flatMap((sink) => SERVED[sink] ?? []))],
  };
}
