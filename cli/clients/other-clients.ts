import { stringify } from 'yaml';
import type { Client } from './client.ts';
import { shellLine } from './shell.ts';

/** Claude Code's own command. The token stays a reference, which Claude Code replaces when it reads `.mcp.json`. */
export const claudeCode: Client = {
  title: 'Claude Code',
  reference: 'https://code.claude.com/docs/en/mcp',
  snippet: (registration) => {
    const places = ['a shell in the project\'s folder; with "--scope user" before the name for every project'];
    const add = ['claude', 'mcp', 'add'];
    const { name } = registration;
    if (registration.use === 'administrator') {
      const words = [...add, name, '--', registration.command, ...registration.args];
      return { format: 'sh', text: shellLine(words), places };
    }
    const { url, tokenName } = registration;
    if (tokenName === undefined) {
      return { format: 'sh', text: shellLine([...add, '--transport', 'http', name, url]), places };
    }
    const header = `Authorization: Bearer \${${tokenName}}`;
    const words = [...add, '--transport', 'http', '--scope', 'project', name, url, '--header', header];
    return {
      format: 'sh',
      text: shellLine(words),
      places: ["a shell in the project's folder: it writes .mcp.json there"],
    };
  },
};

/** Continue cannot log in over Streamable HTTP, so it always gets a secret. */
const CONTINUE_SECRET = 'MCP_GATEWAY_TOKEN';
const CONTINUE_NOTE =
  'Continue cannot log in over Streamable HTTP: put an access token into the secret, and a new one when it expires.';

/** A block file with a list of servers. */
export const continueDev: Client = {
  title: 'Continue',
  reference: 'https://docs.continue.dev/customize/deep-dives/mcp',
  snippet: (registration) => {
    const { name } = registration;
    const server =
      registration.use === 'administrator'
        ? { name, type: 'stdio', command: registration.command, args: registration.args }
        : {
            name,
            type: 'streamable-http',
            url: registration.url,
            apiKey: `\${{ secrets.${registration.tokenName ?? CONTINUE_SECRET} }}`,
          };
    const note = registration.use === 'user' ? { note: CONTINUE_NOTE } : {};
    const block = { name, version: '0.0.1', schema: 'v1', mcpServers: [server] };
    return {
      ...note,
      format: 'yaml',
      text: stringify(block, { lineWidth: 0 }).trimEnd(),
      places: [
        `one workspace: .continue/mcpServers/${name}.yaml in its root`,
        'every workspace: the entry of mcpServers, in ~/.continue/config.yaml (Windows: %USERPROFILE%\\.continue\\config.yaml)',
      ],
    };
  },
};

/** A table of `config.toml`. */
export const codex: Client = {
  title: 'Codex',
  reference: 'https://developers.openai.com/codex/mcp',
  snippet: (registration) => {
    const lines =
      registration.use === 'administrator'
        ? [`command = ${tomlString(registration.command)}`, `args = [${registration.args.map(tomlString).join(', ')}]`]
        : [
            `url = ${tomlString(registration.url)}`,
            ...(registration.tokenName === undefined
              ? []
              : [`bearer_token_env_var = ${tomlString(registration.tokenName)}`]),
          ];
    return {
      format: 'toml',
      // Names are DNS labels, which are bare keys of TOML.
      text: [`[mcp_servers.${registration.name}]`, ...lines].join('\n'),
      places: [
        'every project: ~/.codex/config.toml (Windows: %USERPROFILE%\\.codex\\config.toml)',
        'one trusted project: .codex/config.toml in its root',
      ],
    };
  },
};

/** A basic string of TOML 1.0: as in JSON, but DEL is escaped too. */
function tomlString(text: string): string {
  return JSON.stringify(text).replaceAll('\x7f', '\\u007f');
}
