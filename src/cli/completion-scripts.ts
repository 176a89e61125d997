/** Completion for each shell, of what the commands say of themselves. */

export interface Word {
  readonly text: string;
  readonly description: string;
}

/** What may stand there; an empty list when nobody can tell. */
export type Value = readonly string[] | 'file';

interface OptionWord {
  readonly short: string | undefined;
  readonly long: string | undefined;
  readonly description: string;
  /** Absent for one without a value. */
  readonly value?: Value;
}

/** One command. */
export interface Level {
  /** The names that lead to it, as `/keys/rotate`; empty for the program itself. */
  readonly path: string;
  readonly commands: readonly Word[];
  readonly options: readonly OptionWord[];
  /** Its arguments'. */
  readonly values: Value;
}

export const SHELLS = { bash, zsh, fish } as const;
export type Shell = keyof typeof SHELLS;

function bash(levels: readonly Level[]): string {
  const ofOptions = withValue(levels).map(
    ([{ path }, flag, value]) => `    '${path} ${flag}') ${bashValue(value)} ;;`,
  );
  const ofLevels = levels.flatMap(({ path, options, commands, values }) => [
    `        '${path} -'*) words='${options.flatMap(flagsOf).join(' ')}' ;;`,
    `        '${path} '*) ${bashValue(argumentsOf(commands, values))} ;;`,
  ]);
  return `# Completion of quash for bash: source <(quash completion bash)
_quash() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]} at='' words='' files='' word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$at/$word" in
      ${paths(levels).join(' | ')}) at="$at/$word" ;;
    esac
  done
  case "$at $prev" in
${ofOptions.join('\n')}
    *)
      case "$at $cur" in
${ofLevels.join('\n')}
      esac ;;
  esac
  if [[ -n $files ]]; then
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$cur")
  else
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
  fi
}
complete -F _quash quash
`;
}

function zsh(levels: readonly Level[]): string {
  const ofOptions = withValue(levels).map(
    ([{ path }, flag, value]) => `    ('${path} ${flag}') ${zshValue(value)} ;;`,
  );
  const ofLevels = levels.map(({ path, options, commands, values }) => {
    const flags = options.flatMap((option) =>
      flagsOf(option).map((flag) => quoted(`${flag}:${option.description}`)),
    );
    const names = commands.map(({ text, description }) => quoted(`${text}:${description}`));
    const others = names.length > 0 ? `list=(${names.join(' ')})` : zshValue(values);
    return `    ('${path}')
      if [[ $PREFIX == -* ]]; then list=(${flags.join(' ')}); else ${others}; fi ;;`;
  });
  return `#compdef quash
# Completion of quash for zsh: source <(quash completion zsh), after compinit
_quash() {
  local at='' word
  local -a list
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$at/$word" in
      (${paths(levels).join(' | ')}) at="$at/$word" ;;
    esac
  done
  case "$at \${words[CURRENT-1]}" in
${ofOptions.map((line) => line.replace(/ ;;$/, '; return ;;')).join('\n')}
  esac
  case "$at" in
${ofLevels.join('\n')}
  esac
  if (( $#list )); then _describe quash list; fi
}
if [[ $funcstack[1] == _quash ]]; then _quash "$@"; else compdef _quash quash; fi
`;
}

function fish(levels: readonly Level[]): string {
  const lines = levels.flatMap(({ path, commands, options, values }) => {
    const here = `complete -c quash -n ${quoted(`__quash_at '${path}'`, FISH_QUOTE)}`;
    const say = (description: string) => `-d ${quoted(description, FISH_QUOTE)}`;
    return [
      ...commands.map(({ text, description }) => `${here} -a ${text} ${say(description)}`),
      ...(values === 'file' ? [`${here} -F`] : values.map((value) => `${here} -a ${value}`)),
      ...options.map(({ short, long, description, value }) => {
        const flags = [short && `-s ${short.slice(1)}`, long && `-l ${long.slice(2)}`].filter(Boolean);
        return [here, ...flags, say(description), ...fishValue(value)].join(' ');
      }),
    ];
  });
  return `# Completion of quash for fish: quash completion fish > ~/.config/fish/completions/quash.fish
function __quash_at
    set -l at ''
    for word in (commandline -opc)[2..]
        switch "$at/$word"
            case ${paths(levels).join(' ')}
                set at "$at/$word"
        end
    end
    test "$at" = "$argv[1]"
end
complete -c quash -f
${lines.join('\n')}
`;
}

function paths(levels: readonly Level[]): readonly string[] {
  return levels.map(({ path }) => path).filter((path) => path !== '');
}

function flagsOf({ short, long }: OptionWord): readonly string[] {
  return [short, long].filter((flag) => flag !== undefined);
}

function withValue(levels: readonly Level[]): readonly (readonly [Level, string, Value])[] {
  return levels.flatMap((level) =>
    level.options.flatMap((option) => {
      const { value } = option;
      return value === undefined ? [] : flagsOf(option).map((flag) => [level, flag, value] as const);
    }),
  );
}

function argumentsOf(commands: readonly Word[], values: Value): Value {
  return commands.length > 0 ? commands.map(({ text }) => text) : values;
}

function bashValue(value: Value): string {
  return value === 'file' ? 'files=1' : `words='${value.join(' ')}'`;
}

function zshValue(value: Value): string {
  if (value === 'file') return '_files';
  return value.length === 0 ? ':' : `compadd -- ${value.join(' ')}`;
}

function fishValue(value: Value | undefined): readonly string[] {
  if (value === undefined) return [];
  return value === 'file'
    ? ['-r', '-F']
    : ['-x', ...(value.length > 0 ? ['-a', `'${value.join(' ')}'`] : [])];
}

/** A quote within single quotes: fish takes a backslash before it, the others do not. */
const FISH_QUOTE = "\\'";

function quoted(text: string, quote = "'\\''"): string {
  return `'${text.replaceAll("'", () => quote)}'`;
}
