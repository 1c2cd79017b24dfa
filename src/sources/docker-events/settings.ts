import type { AuditLimits } from './audit-interval.ts';

/** The options of a source of events, all of them. */
export interface EventsSettings {
  readonly filters: Readonly<Record<string, readonly string[]>> | undefined;
  readonly labels: readonly string[];
  readonly execCommands: 'redact' | 'keep';
  readonly maxLineBytes: number;
  readonly reconcile: boolean;
  readonly verifyExit: boolean;
  readonly audit: AuditLimits | false;
}
