import stringWidth from 'string-width';
import { paint } from '../paint.ts';
import type { Colour } from '../paint.ts';
import type { Finding, State } from './facts.ts';

/** Findings under a heading. */
export interface Section {
  readonly title: string;
  readonly findings: readonly Finding[];
}

export interface ReportOptions {
  readonly colour: boolean;
  /** Where lines are broken; Infinity: nowhere. */
  readonly columns: number;
}

const MARKS: Readonly<Record<State, readonly [mark: string, colour: Colour]>> = {
  ok: ['✓ ok  ', 'green'],
  warn: ['! warn', 'yellow'],
  fail: ['✗ fail', 'red'],
};
const INDENT = '  ';

/** A line a finding under each title, what to do below it, and a sum. */
export function report(sections: readonly Section[], options: ReportOptions): string {
  const findings = sections.flatMap((section) => section.findings);
  const shown = sections
    .filter((section) => section.findings.length > 0)
    .map(({ title, findings: own }) => {
      const width = Math.max(...own.map(({ name }) => stringWidth(name)));
      const all = own.map((finding) => lines(finding, width, options)).join('');
      return `${coloured(title, 'bold', options)}\n${all}`;
    });
  return `${shown.join('\n')}\n${summary(findings, options)}\n`;
}

function lines({ name, state, found, fix }: Finding, width: number, options: ReportOptions): string {
  const [mark, colour] = MARKS[state];
  const head = `${INDENT}${coloured(mark, colour, options)}  ${name}${' '.repeat(width - stringWidth(name))}  `;
  const margin = INDENT.length + 6 + 2 + width + 2;
  const room = Math.max(30, options.columns - margin);
  const under = ' '.repeat(margin);
  const body = wrap(found, room).join(`\n${under}`);
  const todo =
    fix === undefined
      ? ''
      : `\n${under}${coloured('→', colour, options)} ${wrap(fix, room - 2).join(`\n${under}  `)}`;
  return `${head}${body}${todo}\n`;
}

function summary(findings: readonly Finding[], options: ReportOptions): string {
  const count = (state: State): number => findings.filter((finding) => finding.state === state).length;
  const [fails, warns] = [count('fail'), count('warn')];
  if (fails > 0) return coloured(`${fails} red, ${warns} yellow`, 'red', options);
  return warns > 0
    ? coloured(`nothing red, ${warns} yellow`, 'yellow', options)
    : coloured('all green', 'green', options);
}

/** Breaks at spaces; a word that is longer than the room stands out. */
function wrap(text: string, room: number): readonly string[] {
  const broken: string[] = [];
  for (const word of text.split(' ')) {
    const line = broken.at(-1);
    if (line === undefined || stringWidth(line) + 1 + stringWidth(word) > room) broken.push(word);
    else broken[broken.length - 1] = `${line} ${word}`;
  }
  return broken;
}

const coloured = (text: string, colour: Colour, options: ReportOptions): string =>
  options.colour ? paint(text, colour) : text;
