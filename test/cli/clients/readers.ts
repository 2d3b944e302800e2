import { execFileSync } from 'node:child_process';
import { parse } from 'yaml';
import type { Registration } from '../../../cli/clients/registration.ts';
import {
  claudeDesktopShape,
  clineShape,
  codexShape,
  continueShape,
  cursorShape,
  vscodeShape,
  windsurfShape,
  zedShape,
} from './shapes.ts';

/** Reads a snippet as a client does: its servers, as registrations. */
type Reader = (text: string) => Registration[];

interface Entry {
  command?: string;
  args?: string[] | undefined;
  url?: string;
  authorization?: string | undefined;
}

/** One server as a registration; `variable` matches a reference to a variable in the syntax of the client. */
function toRegistration(name: string, entry: Entry, variable: RegExp): Registration {
  const { command, args = [], url, authorization } = entry;
  if (command !== undefined) return { use: 'administrator', name, command, args };
  if (url === undefined) throw new Error('neither a program nor a URL');
  if (authorization === undefined) return { use: 'user', name, url };
  const [, tokenName] = variable.exec(authorization) ?? [];
  if (tokenName === undefined) throw new Error(`no variable in ${authorization}`);
  return { use: 'user', name, url, tokenName };
}

/** The servers of a file that maps names to entries. */
function readMap(map: Record<string, object>, variable: RegExp): Registration[] {
  return Object.entries(map).map(([name, entry]) => {
    const { headers, serverUrl, ...rest } = entry as Entry & { headers?: Record<string, string>; serverUrl?: string };
    const url = serverUrl === undefined ? {} : { url: serverUrl };
    return toRegistration(name, { ...rest, ...url, authorization: headers?.Authorization }, variable);
  });
}

const ENV = /^Bearer \$\{env:(\w+)\}$/;
const NONE = /^$/;

/** Parses TOML with Python's standard library (3.11 or newer), an independent parser. */
function readToml(text: string): unknown {
  const program = 'import json, sys, tomllib; print(json.dumps(tomllib.load(sys.stdin.buffer)))';
  return JSON.parse(execFileSync('python3', ['-c', program], { input: text, encoding: 'utf8' }));
}

/** The arguments that `claude` gets from a line, split by a real shell. */
function readShell(line: string): string[] {
  const script = `claude() { for word; do printf '%s\\0' "$word"; done; }\n${line}\n`;
  const env = { PATH: process.env.PATH, MCP_GATEWAY_TOKEN: 'replaced-by-the-shell' };
  return execFileSync('sh', ['-c', script], { encoding: 'utf8', env }).split('\0').slice(0, -1);
}

/** `claude mcp add [options] NAME -- COMMAND [ARG...]` and `... NAME URL [--header H]`, as on https://code.claude.com/docs/en/mcp */
function readClaudeCode(text: string): Registration[] {
  const [mcp, add, ...words] = readShell(text);
  if (mcp !== 'mcp' || add !== 'add') throw new Error(`not claude mcp add: ${text}`);
  const options = new Map<string, string>();
  const take = () => {
    while (words[0]?.startsWith('--') && words[0] !== '--') {
      const [option = '', value = ''] = words.splice(0, 2);
      if (!['--transport', '--scope', '--header'].includes(option)) throw new Error(`unknown option ${option}`);
      options.set(option, value);
    }
  };
  take();
  const [name = '', next = '', ...rest] = words.splice(0);
  if (next === '--') {
    const [command = '', ...args] = rest;
    return [toRegistration(name, { command, args }, NONE)];
  }
  words.push(...rest);
  take();
  if (words.length > 0 || options.get('--transport') !== 'http') throw new Error(`not understood: ${text}`);
  const [, authorization] = /^Authorization: (.*)$/.exec(options.get('--header') ?? '') ?? [];
  // Variables are replaced in .mcp.json, which is what the scope "project" writes.
  if (authorization !== undefined && options.get('--scope') !== 'project')
    throw new Error('the variable is not replaced');
  return [toRegistration(name, { url: next, authorization }, /^Bearer \$\{(\w+)\}$/)];
}

/** The form "Add custom connector", https://support.claude.com/en/articles/11175166 */
function readConnector(text: string): Registration[] {
  const [, name = '', url = ''] = /^Name: (.+)\nRemote MCP server URL: (.+)$/.exec(text) ?? [];
  return [toRegistration(name, { url }, NONE)];
}

/** How each client reads what it is given. Anything that it does not document is an error. */
export const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  [
    'claude-desktop',
    (text) =>
      text.startsWith('{') ? readMap(claudeDesktopShape.parse(JSON.parse(text)).mcpServers, NONE) : readConnector(text),
  ],
  ['claude-code', readClaudeCode],
  ['cursor', (text) => readMap(cursorShape.parse(JSON.parse(text)).mcpServers, ENV)],
  [
    'vscode',
    (text) => {
      const { inputs = [], servers } = vscodeShape.parse(JSON.parse(text));
      const asked = inputs.map(({ id }) => id).join('|');
      return readMap(servers, new RegExp(`^Bearer \\$\\{input:(${asked})\\}$`));
    },
  ],
  ['cline', (text) => readMap(clineShape.parse(JSON.parse(text)).mcpServers, ENV)],
  ['windsurf', (text) => readMap(windsurfShape.parse(JSON.parse(text)).mcpServers, ENV)],
  [
    'continue',
    (text) =>
      continueShape.parse(parse(text)).mcpServers.map(({ name, ...server }) => {
        const authorization = 'apiKey' in server ? { authorization: server.apiKey } : {};
        return toRegistration(name, { ...server, ...authorization }, /^\$\{\{ secrets\.(\w+) \}\}$/);
      }),
  ],
  ['zed', (text) => readMap(zedShape.parse(JSON.parse(text)).context_servers, NONE)],
  ['codex', readCodex],
]);

function readCodex(text: string): Registration[] {
  const { mcp_servers } = codexShape.parse(readToml(text));
  return Object.entries(mcp_servers).map(([name, entry]) => {
    const authorization = 'bearer_token_env_var' in entry ? { authorization: entry.bearer_token_env_var } : {};
    return toRegistration(name, { ...entry, ...authorization }, /^(\w+)$/);
  });
}
