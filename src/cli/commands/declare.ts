import type { Command } from 'commander';

/** What a command is declared with. */
export interface Declaring {
  readonly program: Command;
  /** The name that the program was called by. */
  readonly name: string;
  /** The examples that end a command's help, each as it is typed behind the program's name. */
  readonly examples: (...lines: readonly string[]) => string;
  /** Takes the exit code. */
  readonly done: (code: number) => void;
  /** Prints to stdout, and is done. */
  readonly print: (text: string) => void;
}

/** Adds a command to the program. What it does is loaded when it is called: the others need not wait for it. */
export type Declare = (declaring: Declaring) => void;
