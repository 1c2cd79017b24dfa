import { Argument, InvalidArgumentError, Option } from 'commander';
import { parseListen } from '../../http/address.ts';
import { parseDuration } from '../duration.ts';
import { LOG_LEVELS } from '../log.ts';

export const filesArgument = (): Argument =>
  new Argument('<files...>', 'pipeline files: .ts, .mts, .js or .mjs');

export const drainOption = (): Option =>
  new Option('--drain <duration>', 'how long what is under way may take after a stop')
    .argParser(durationOption)
    .default(10_000, '10s');
export const simulateOption = (): Option =>
  new Option('--simulate [when]', 'use a simulated Docker engine; --simulate=if-absent: where none answers')
    .choices(['always', 'if-absent'])
    .preset('always');
export const stateOption = (): Option =>
  new Option(
    '--state <folder>',
    'keep checkpoints there, a file a pipeline, and go on from them after a stop or a crash',
  ).env('DOCKRX_STATE');
export const fromOption = (): Option =>
  new Option(
    '--from <folder>',
    'read what pipeline record has recorded there in place of the sources',
  ).conflicts(['state', 'simulate', 'engineMetrics']);
export const speedOption = (): Option =>
  new Option(
    '--speed <times>',
    'how fast --from goes: 1 as it was, 100x, or max, as fast as the sinks take it (default: max)',
  ).argParser(parseSpeed);
export const serveOption = (): Option =>
  new Option(
    '--listen <host:port>',
    'where sinks that serve do so, whatever their pipeline says; all of them on one server',
  )
    .env('DOCKRX_LISTEN')
    .argParser(listenOption);
export const certOption = (): Option =>
  new Option('--tls-cert <file>', 'serve by TLS with this certificate (PEM, its chain behind it)').env(
    'DOCKRX_TLS_CERT',
  );
export const keyOption = (): Option =>
  new Option('--tls-key <file>', "the certificate's key (PEM)").env('DOCKRX_TLS_KEY');
export const quietOption = (): Option => new Option('-q, --quiet', 'print warnings and errors only');
export const levelOption = (): Option =>
  new Option('--log-level <level>', 'how much to log').choices(LOG_LEVELS).default('info');

function listenOption(text: string): string {
  if (parseListen(text) === undefined)
    throw new InvalidArgumentError('It must be HOST:PORT, such as 127.0.0.1:9808 or [::1]:9808.');
  return text;
}

export function urlOption(text: string): string {
  if (!/^https?:/.test(text) || !URL.canParse(text))
    throw new InvalidArgumentError('It must be like http://127.0.0.1:9323/metrics.');
  return text;
}

function parseSpeed(text: string): number {
  const speed = text === 'max' ? Infinity : Number(/^(\d+(?:\.\d+)?)x?$/.exec(text)?.[1] ?? NaN);
  if (!(speed > 0)) throw new InvalidArgumentError('It must be like 1, 100x or max.');
  return speed;
}

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

export function bytesOption(text: string): number {
  const [, count = '', unit = ''] = /^(\d+(?:\.\d+)?)([kmg]?)(?:i?b)?$/.exec(text.toLowerCase()) ?? [];
  const bytes = Math.round(Number(count) * UNITS[unit]!);
  if (!(bytes > 0)) throw new InvalidArgumentError('It must be like 500000, 64MiB or 2GiB.');
  return bytes;
}

export function durationOption(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new InvalidArgumentError('It must be like 500ms, 10s, 2m or 1h.');
  return ms;
}
