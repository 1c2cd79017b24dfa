import type { Command } from 'commander';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** The names that the package installs the program under. */
const PROGRAMS = ['pipeline', 'dockrx'];
const FILE_ENDINGS = ['ts', 'mts', 'js', 'mjs'];

/** A script that teaches the shell the commands, their flags and values, and pipeline files. */
export function completionScript(shell: Shell, program: Command): string {
  const commands = program.commands.map(readCommand);
  if (shell === 'fish') return fishScript(commands);
  const script = bashScript(commands);
  return shell === 'bash'
    ? script
    : `autoload -U +X compinit bashcompinit && compinit && bashcompinit\n${script}`;
}

interface CommandWords {
  readonly name: string;
  readonly summary: string;
  readonly flags: readonly {
    readonly name: string;
    readonly summary: string;
    readonly values: readonly string[];
  }[];
  /** The values of its argument; none where it takes files. */
  readonly values: readonly string[];
  readonly takesFiles: boolean;
}

function readCommand(command: Command): CommandWords {
  const values = command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);
  return {
    name: command.name(),
    summary: command.summary() || command.description(),
    flags: [
      ...command.options.map(({ long, description, argChoices }) => ({
        name: long ?? '',
        summary: description,
        values: argChoices ?? [],
      })),
      { name: '--help', summary: 'print help', values: [] },
    ],
    values,
    takesFiles: command.registeredArguments.some((argument) => argument.name() === 'files'),
  };
}

function bashScript(commands: readonly CommandWords[]): string {
  const names = [...commands.map(({ name }) => name), 'help'].join(' ');
  const cases = commands.map(({ name, flags, values, takesFiles }) => {
    const dashed = flags.map((flag) => flag.name).join(' ');
    return `    ${name}) words='${values.join(' ')}' flags='${dashed}' files=${takesFiles ? 'yes' : ''} ;;`;
  });
  const valued = commands
    .flatMap(({ name, flags }) => flags.map((flag) => ({ ...flag, command: name })))
    .filter(({ values }) => values.length > 0)
    .map(({ command, name, values }) => `    ${command}:${name}) words='${values.join(' ')}' files= ;;`);
  const files = FILE_ENDINGS.map((ending) => `compgen -f -X '!*.${ending}' -- "$word"`).join('; ');
  return `_dockrx_pipeline() {
  local word="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  local words='${names}' flags='--help --version' files= line
  [ "$COMP_CWORD" -gt 1 ] && case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
    *) words= flags= ;;
  esac
  [ "$COMP_CWORD" -gt 1 ] && case "\${COMP_WORDS[1]}:$previous" in
${valued.join('\n')}
  esac
  case "$word" in
    -*) words=$flags files= ;;
  esac
  COMPREPLY=()
  while IFS= read -r line; do
    [ -n "$line" ] && COMPREPLY+=("$line")
  done <<EOF
$(compgen -W "$words" -- "$word")
$([ -n "$files" ] && { compgen -d -- "$word"; ${files}; })
EOF
}
complete -o filenames -F _dockrx_pipeline ${PROGRAMS.join(' ')}
`;
}

function fishScript(commands: readonly CommandWords[]): string {
  const quoted = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;
  const lines = (program: string): string[] => [
    `complete -c ${program} -f`,
    ...commands.flatMap(({ name, summary, flags, values, takesFiles }) => [
      `complete -c ${program} -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`,
      ...flags.map((flag) => {
        const choices = flag.values.length === 0 ? '' : ` -x -a ${quoted(flag.values.join(' '))}`;
        const long = flag.name.replace(/^--/, '');
        return `complete -c ${program} -n '__fish_seen_subcommand_from ${name}' -l ${long}${choices} -d ${quoted(flag.summary)}`;
      }),
      ...(values.length === 0
        ? []
        : [`complete -c ${program} -n '__fish_seen_subcommand_from ${name}' -a ${quoted(values.join(' '))}`]),
      ...(takesFiles
        ? FILE_ENDINGS.map(
            (ending) =>
              `complete -c ${program} -n '__fish_seen_subcommand_from ${name}' -k -a '(__fish_complete_suffix .${ending})'`,
          )
        : []),
    ]),
  ];
  return `${PROGRAMS.flatMap(lines).join('\n')}\n`;
}
