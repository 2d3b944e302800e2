import { type Client, noTokenVariable, type Snippet, toJson } from './client.ts';
import type { Registration, UserRegistration } from './registration.ts';

/** An entry of a client's list of servers. */
type Entry = Record<string, unknown>;

const bearer = (reference: string) => ({ headers: { Authorization: `Bearer ${reference}` } });

/** A header with the token, in the syntax that most editors have for environment variables. */
const fromEnvironment = ({ tokenName }: UserRegistration) =>
  tokenName === undefined ? {} : bearer(`\${env:${tokenName}}`);

const started = ({ command, args }: { command: string; args: readonly string[] }) => ({ command, args });

function file(
  list: string,
  { name }: Registration,
  entry: Entry,
  places: readonly string[],
  more: Entry = {},
): Snippet {
  return { format: 'json', text: toJson({ ...more, [list]: { [name]: entry } }), places };
}

/** Local servers are in a file, whose entries are always programs. Remote servers are connectors. */
export const claudeDesktop: Client = {
  title: 'Claude Desktop',
  reference: 'https://modelcontextprotocol.io/docs/develop/connect-local-servers',
  snippet: (registration) => {
    if (registration.use === 'administrator') {
      return file('mcpServers', registration, started(registration), [
        'macOS: ~/Library/Application Support/Claude/claude_desktop_config.json',
        'Windows: %APPDATA%\\Claude\\claude_desktop_config.json',
        'then restart Claude Desktop',
      ]);
    }
    if (registration.tokenName !== undefined)
      throw noTokenVariable('Claude Desktop', 'A connector logs in with OAuth.');
    const text = [`Name: ${registration.name}`, `Remote MCP server URL: ${registration.url}`].join('\n');
    return {
      format: 'text',
      text,
      places: ['Settings > Connectors > Add custom connector'],
      note: 'Claude connects from the cloud of Anthropic: the gateway and its issuer must be reachable from the internet, over https.',
    };
  },
};

/** Files of Cursor and its install links: https://cursor.com/docs/mcp/install-links */
export const cursor: Client = {
  title: 'Cursor',
  reference: 'https://cursor.com/docs/mcp',
  snippet: (registration) => {
    const entry =
      registration.use === 'administrator'
        ? { type: 'stdio', ...started(registration) }
        : { url: registration.url, ...fromEnvironment(registration) };
    const config = Buffer.from(JSON.stringify(entry)).toString('base64');
    const query = new URLSearchParams({ name: registration.name, config });
    return {
      ...file('mcpServers', registration, entry, [
        'every project: ~/.cursor/mcp.json',
        'one project: .cursor/mcp.json in its root',
      ]),
      link: `cursor://anysphere.cursor-deeplink/mcp/install?${query}`,
    };
  },
};

/** The token is an input variable: VS Code asks for it once and keeps it. */
export const vscode: Client = {
  title: 'VS Code',
  reference: 'https://code.visualstudio.com/docs/agents/reference/mcp-configuration',
  snippet: (registration) => {
    const places = [
      'every workspace: the file that "MCP: Open User Configuration" opens',
      'one workspace: .vscode/mcp.json in its root',
    ];
    if (registration.use === 'user' && registration.tokenName !== undefined) {
      const { tokenName: id, url } = registration;
      const inputs = [{ type: 'promptString', id, description: 'Access token for mcp-gateway', password: true }];
      return file('servers', registration, { type: 'http', url, ...bearer(`\${input:${id}}`) }, places, { inputs });
    }
    const entry =
      registration.use === 'administrator'
        ? { type: 'stdio', ...started(registration) }
        : { type: 'http', url: registration.url };
    const link = `vscode:mcp/install?${encodeURIComponent(JSON.stringify({ name: registration.name, ...entry }))}`;
    return { ...file('servers', registration, entry, places), link };
  },
};

/** Without `type`, Cline uses the older SSE transport for a URL. */
export const cline: Client = {
  title: 'Cline',
  reference: 'https://github.com/cline/cline/blob/main/docs/mcp/mcp-overview.mdx',
  snippet: (registration) => {
    const entry =
      registration.use === 'administrator'
        ? started(registration)
        : { type: 'streamableHttp', url: registration.url, ...fromEnvironment(registration) };
    return file('mcpServers', registration, entry, [
      'the file that MCP Servers > Configure > Configure MCP Servers opens',
      'by default ~/.cline/data/settings/cline_mcp_settings.json',
    ]);
  },
};

/** Windsurf has the key `serverUrl` for a URL. */
export const windsurf: Client = {
  title: 'Windsurf',
  reference: 'https://docs.windsurf.com/windsurf/cascade/mcp',
  snippet: (registration) => {
    const entry =
      registration.use === 'administrator'
        ? started(registration)
        : { serverUrl: registration.url, ...fromEnvironment(registration) };
    return file('mcpServers', registration, entry, [
      'macOS, Linux: ~/.codeium/windsurf/mcp_config.json',
      'Windows: %USERPROFILE%\\.codeium\\windsurf\\mcp_config.json',
    ]);
  },
};

/** A part of the editor's settings. */
export const zed: Client = {
  title: 'Zed',
  reference: 'https://zed.dev/docs/ai/mcp',
  snippet: (registration) => {
    if (registration.use === 'user' && registration.tokenName !== undefined) {
      throw noTokenVariable('Zed', 'Let it log in, or write the token itself into "headers" in your own settings.');
    }
    const entry = registration.use === 'administrator' ? started(registration) : { url: registration.url };
    return file('context_servers', registration, entry, [
      'the settings that "zed: open settings file" opens',
      'macOS, Linux: ~/.config/zed/settings.json',
      'Windows: %APPDATA%\\Zed\\settings.json',
    ]);
  },
};
