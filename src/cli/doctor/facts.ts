import type { EngineSeen } from '../../engine/examine.ts';

/** What the checks look at: gathered once, and then only read. */
export interface Facts {
  readonly engine: EngineSeen;
  readonly machine: MachineSeen;
  readonly pipelines: readonly PipelineSeen[];
}

/** This machine, for this user. */
export interface MachineSeen {
  readonly platform: NodeJS.Platform;
  readonly user: { readonly name: string; readonly uid: number; readonly groups: readonly number[] };
  readonly inContainer: boolean;
  /** The engine's socket, where it has one. */
  readonly socket?: SocketSeen;
  /** Whether the kernel's log can be opened: nothing where there is none, a code where it is refused. */
  readonly kernelLog: string;
  readonly cgroups: CgroupsSeen;
  readonly inotify?: { readonly watches: number; readonly instances: number };
  /** Where pipelines write. */
  readonly folders: readonly FolderSeen[];
  /** `HOST:PORT` where sinks serve by default, and whether it is free. */
  readonly ports: Readonly<Record<string, 'free' | 'taken'>>;
}

export interface CgroupsSeen {
  readonly version: '1' | '2' | 'none';
  readonly dir: string;
  /** Empty where it can be read. */
  readonly error: string;
  /** Whether the root is the kernel's and not that of a namespace. */
  readonly isWhole: boolean;
}

export interface SocketSeen {
  readonly path: string;
  readonly uid: number;
  readonly gid: number;
  /** Its permissions alone. */
  readonly mode: number;
  readonly group?: { readonly name: string; readonly members: readonly string[] };
  /** It is itself a mount: what is mounted there is this file, and not the next one of this name. */
  readonly isMount: boolean;
}

export interface FolderSeen {
  readonly what: string;
  readonly path: string;
  /** Empty where it is writable. */
  readonly error: string;
  readonly freeBytes: number;
}

/** A pipeline by the names of its components. */
export interface PipelineSeen {
  readonly name: string;
  readonly sources: readonly string[];
  readonly journals: readonly string[];
  readonly sinks: readonly string[];
}

export type State = 'ok' | 'warn' | 'fail';

/** What a check found. */
export interface Finding {
  readonly name: string;
  readonly state: State;
  readonly found: string;
  /** What to do about it. */
  readonly fix?: string;
}

/** Nothing where it does not apply. */
export type Check = (facts: Facts) => Finding | undefined;

export const ok = (name: string, found: string): Finding => ({ name, state: 'ok', found });
export const warn = (name: string, found: string, fix?: string): Finding => ({
  ...{ name, state: 'warn', found },
  ...(fix !== undefined && { fix }),
});
export const fail = (name: string, found: string, fix?: string): Finding => ({
  ...{ name, state: 'fail', found },
  ...(fix !== undefined && { fix }),
});

/** Whether the engine is seen to run on this machine, so that the kernel here is the engine's. */
export const isLocal = ({ engine }: Facts): boolean =>
  /^(unix:|npipe:|tcp:\/\/(127\.|localhost:|\[::1\]))/.test(engine.endpoint?.address ?? 'unix:');
