import { readdirSync, readFileSync } from 'node:fs';

/** What a cAdvisor answered the ancestor, and what that one answered then. */
export interface GoldenPair {
  readonly name: string;
  /** Of the cAdvisor. */
  readonly status: number;
  readonly body: string;
  /** Of the ancestor. */
  readonly answer: { readonly status: number; readonly type: string; readonly text: string };
}

const folder = new URL('../../fixtures/cadvisor-events-exporter/', import.meta.url);
const read = (name: string): string => readFileSync(new URL(name, folder), 'utf8');
const BODY = '.cadvisor-body';

export const goldenPairs: readonly GoldenPair[] = readdirSync(folder)
  .filter((file) => file.endsWith(BODY))
  .map((file) => {
    const name = file.slice(0, -BODY.length);
    const [head = '', ...rest] = read(`${name}.exporter-answer.http`).split('\r\n\r\n');
    return {
      name,
      status: Number(/^status(\d+)/.exec(name)?.[1] ?? 200),
      body: read(file),
      answer: {
        status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]),
        type: /^Content-Type: (.*)$/m.exec(head)?.[1]?.trim() ?? '',
        text: rest.join('\r\n\r\n'),
      },
    };
  });

export function goldenPair(name: string): GoldenPair {
  const found = goldenPairs.find((pair) => pair.name === name);
  if (found === undefined) throw new Error(`there is no pair ${name}`);
  return found;
}

/** What is printed above the first event, where the ancestor printed nothing before it. */
export const HEAD =
  '# HELP cadvisor_container_events_total cadvisor events\n# TYPE cadvisor_container_events_total counter\n';
