import type { Command } from '../command.ts';

/** What can stand behind a command. */
export interface CommandWords {
  name: string;
  summary: string;
  /** Words that choose what it does: `backends list`. */
  actions: readonly string[];
  /** With their dashes. */
  options: readonly string[];
}

/** What can stand behind a command, as its help tells it: so that nothing is said twice, and nothing is forgotten. */
export function wordsOf(name: string, { summary, help }: Pick<Command, 'summary' | 'help'>): CommandWords {
  const actions = [...help.matchAll(new RegExp(`mcp-gateway ${name} ([a-z][a-z-]*)(?![\\w./=])`, 'g'))];
  const options = [...help.matchAll(/(?<![\w-])--[a-z][a-z-]*/g)];
  return {
    ...{ name, summary },
    actions: [...new Set(actions.map(([, word = '']) => word))],
    options: [...new Set(options.map(([word]) => word))].sort(),
  };
}
