/** What one candidate used for its work, from just before it connects until the last byte is written. */
export interface Usage {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly rssMiB: number;
}

export interface Job {
  readonly socketPath: string;
  readonly out: string;
  /** Events to read, or seconds to read stats for. */
  readonly amount: number;
}

/** Runs the candidate named by the command line and prints its usage as one line of JSON. */
export async function measured(work: (job: Job) => Promise<void>): Promise<void> {
  const [, , socketPath = '', out = '', amount = '0'] = process.argv;
  const cpu = process.cpuUsage();
  const started = performance.now();
  await work({ socketPath, out, amount: Number(amount) });
  const wallMs = performance.now() - started;
  const { user, system } = process.cpuUsage(cpu);
  // Kilobytes on Linux.
  const rssMiB = process.resourceUsage().maxRSS / 1024;
  const usage: Usage = { wallMs, cpuMs: (user + system) / 1000, rssMiB };
  process.stdout.write(`${JSON.stringify(usage)}\n`, () => process.exit(0));
}
