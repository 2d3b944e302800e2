import type { Command } from '../command.ts';

/** Words that can follow a command. */
export interface CommandWords {
  name: string;
  summary: string;
  /** Words that select an action: `list` of `backends list`. */
  actions: readonly string[];
  /** With their dashes. */
  options: readonly string[];
}

/** Words that can follow a command, taken from its help, so that there is no second list to maintain. */
export function wordsOf(name: string, { summary, help }: Pick<Command, 'summary' | 'help'>): CommandWords {
  const actions = [...help.matchAll(new RegExp(`mcp-gateway ${name} ([a-z][a-z-]*)(?![\\w./=])`, 'g'))];
  const options = [...help.matchAll(/(?<![\w-])--[a-z][a-z-]*/g)];
  return {
    ...{ name, summary },
    actions: [...new Set(actions.map(([, word = '']) => word))],
    options: [...new Set(options.map(([word]) => word))].sort(),
  };
}
