import type { CommandWords } from './words.ts';

/** Supported shells. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** A shell. */
export type Shell = (typeof SHELLS)[number];

/** The completion script for a shell. If no word matches, it offers files. */
export function completionScript(shell: Shell, commands: readonly CommandWords[]): string {
  return { bash, zsh, fish }[shell](commands).join('\n');
}

function bash(commands: readonly CommandWords[]): string[] {
  return [
    '# mcp-gateway completion bash',
    '_mcp_gateway() {',
    `  local current=\${COMP_WORDS[COMP_CWORD]} words`,
    '  if [ "$COMP_CWORD" -eq 1 ]; then',
    `    words="${commands.map(({ name }) => name).join(' ')} --help --version"`,
    '  else',
    `    case "\${COMP_WORDS[1]}" in`,
    ...commands.map(({ name, ...words }) => `      ${name}) words="${allWords(words)}" ;;`),
    '      *) words="" ;;',
    '    esac',
    '  fi',
    '  COMPREPLY=($(compgen -W "$words" -- "$current"))',
    '}',
    'complete -o default -F _mcp_gateway mcp-gateway',
  ];
}

function zsh(commands: readonly CommandWords[]): string[] {
  return [
    '#compdef mcp-gateway',
    '_mcp_gateway() {',
    '  if (( CURRENT == 2 )); then',
    '    local -a commands=(',
    ...commands.map(({ name, summary }) => `      ${quote(`${name}:${summary}`)}`),
    '    )',
    "    _describe 'command' commands",
    '    return',
    '  fi',
    '  case "$words[2]" in',
    ...commands.map(({ name, ...words }) => `    ${name}) compadd -- ${allWords(words)} ;;`),
    '  esac',
    '  _files',
    '}',
    'if [ "$funcstack[1]" = _mcp_gateway ]; then _mcp_gateway "$@"; else compdef _mcp_gateway mcp-gateway; fi',
  ];
}

function fish(commands: readonly CommandWords[]): string[] {
  const first = "complete -c mcp-gateway -n '__fish_use_subcommand' -f";
  return [
    '# mcp-gateway completion fish',
    ...commands.map(({ name, summary }) => `${first} -a ${name} -d ${quote(summary)}`),
    ...commands.flatMap(({ name, actions, options }) => {
      const of = `complete -c mcp-gateway -n '__fish_seen_subcommand_from ${name}'`;
      return [
        ...(actions.length === 0 ? [] : [`${of} -f -a ${quote(actions.join(' '))}`]),
        ...options.map((option) => `${of} -l ${option.slice(2)}`),
        `${of} -l help`,
      ];
    }),
  ];
}

function allWords({ actions, options }: Pick<CommandWords, 'actions' | 'options'>): string {
  return [...new Set([...actions, ...options, '--help'])].join(' ');
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
