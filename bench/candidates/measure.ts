/** What one candidate used for its work, from just before it connects until the last byte is written. */
export interface Usage {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly rssMiB: number;
  /** CPU of the part that the candidate ran by `steadily`. */
  readonly steadyCpuMs?: number;
  /** What only its set measures. */
  readonly figures?: Figures;
}

export type Figures = Readonly<Record<string, number>>;

export interface Job {
  readonly socketPath: string;
  readonly out: string;
  /** Events to read, or seconds to read stats for. */
  readonly amount: number;
  /** Clients to serve. */
  readonly clients: number;
  /** Records a second that it is to publish. */
  readonly perSecond: number;
  /** Runs the part of the work that is measured once more, by itself. */
  readonly steadily: (part: () => Promise<void>) => Promise<void>;
}

/** How long a thousand streams may take to open. */
export const OPENING_MS = 6_000;

/** Runs the candidate named by the command line and prints its usage, and the figures it resolves with, as one line of JSON. */
export async function measured(work: (job: Job) => Promise<unknown>): Promise<void> {
  const [, , socketPath = '', out = '', amount = '0', clients = '0', perSecond = '0'] = process.argv;
  let steadyCpuMs: number | undefined;
  const steadily = async (part: () => Promise<void>): Promise<void> => {
    const cpu = process.cpuUsage();
    await part();
    steadyCpuMs = cpuMsSince(cpu);
  };
  const cpu = process.cpuUsage();
  const started = performance.now();
  const figures = (await work({
    socketPath,
    out,
    amount: Number(amount),
    clients: Number(clients),
    perSecond: Number(perSecond),
    steadily,
  })) as Figures | undefined;
  const wallMs = performance.now() - started;
  const cpuMs = cpuMsSince(cpu);
  // Kilobytes on Linux.
  const rssMiB = process.resourceUsage().maxRSS / 1024;
  const usage: Usage = {
    ...{ wallMs, cpuMs, rssMiB },
    ...(steadyCpuMs !== undefined && { steadyCpuMs }),
    ...(figures !== undefined && { figures }),
  };
  process.stdout.write(`${JSON.stringify(usage)}\n`, () => process.exit(0));
}

export function cpuMsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
