import { Argument, type Command } from 'commander';
import { type Level, SHELLS, type Shell, type Value, type Word } from './completion-scripts.ts';
import type { Io } from './io.ts';

export function registerCompletion(program: Command, io: Io): void {
  program
    .command('completion')
    .description('print a script that completes commands and options in a shell')
    .addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(SHELLS)))
    .addHelpText('after', HOW_TO_USE)
    .action(async (shell: Shell) => {
      const providers = (await io.definitions()).filter(({ internal }) => !internal).map(({ id }) => id);
      io.stdout.write(SHELLS[shell](levelsOf(program, providers, '')));
    });
}

const HOW_TO_USE = `
bash:  source <(quash completion bash)                                   in ~/.bashrc
zsh:   source <(quash completion zsh)                                    in ~/.zshrc, after compinit
fish:  quash completion fish > ~/.config/fish/completions/quash.fish`;

/** The command and all below it; what the help hides is left out. */
function levelsOf(command: Command, providers: readonly string[], path: string): readonly Level[] {
  const help = command.createHelp();
  const commands = help.visibleCommands(command).filter((each) => each.name() !== 'help');
  const options = [...help.visibleOptions(command), ...help.visibleGlobalOptions(command)];
  const values = command.registeredArguments.map((argument) =>
    valueFor(argument.name(), argument.argChoices, providers),
  );
  const level: Level = {
    path,
    commands: commands.map((each): Word => ({ text: each.name(), description: each.description() })),
    options: options.map(({ short, long, description, flags, argChoices, required, optional }) => {
      const name = long === '--provider' ? 'provider' : (/[<[](.+?)[>\]]/.exec(flags)?.[1] ?? '');
      return {
        ...{ short, long, description },
        ...((required || optional) && { value: valueFor(name, argChoices, providers) }),
      };
    }),
    values: values.every((value) => value !== 'file') ? values.flat() : 'file',
  };
  return [level, ...commands.flatMap((each) => levelsOf(each, providers, `${path}/${each.name()}`))];
}

/** By the name that the help gives it. */
function valueFor(name: string, choices: readonly string[] | undefined, providers: readonly string[]): Value {
  if (choices) return choices;
  if (name === 'provider') return providers;
  return name === 'file' || name === 'folder' ? 'file' : [];
}
