import { type Command, misuse, parseOptions } from '../command.ts';
import { completionScript, SHELLS } from '../completion/scripts.ts';
import { wordsOf } from '../completion/words.ts';

const help = `Usage: mcp-gateway completion bash
       mcp-gateway completion zsh
       mcp-gateway completion fish

Prints a script that completes commands and options in a shell:

    bash   source <(mcp-gateway completion bash)                                      in ~/.bashrc
    zsh    source <(mcp-gateway completion zsh)                                       in ~/.zshrc, after compinit
    fish   mcp-gateway completion fish > ~/.config/fish/completions/mcp-gateway.fish`;

/** `mcp-gateway completion`, for all commands by their names. */
export function completionFor(commands: Readonly<Record<string, () => Promise<Command>>>): Command {
  return {
    summary: 'print a completion script for bash, zsh or fish',
    help,
    run: async (args, { print }) => {
      const { positionals } = parseOptions('completion', args, {}, true);
      const shell = SHELLS.find((name) => name === positionals[0]);
      if (shell === undefined || positionals.length > 1) {
        throw misuse('completion', `the argument must be one shell: ${SHELLS.join(', ')}`);
      }
      const words = await Promise.all(
        Object.entries(commands).map(async ([name, load]) => wordsOf(name, await load())),
      );
      print(completionScript(shell, words));
      return 0;
    },
  };
}
