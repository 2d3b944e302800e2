import { once } from 'node:events';
import { LOST_OUTPUT, messageOf, UserError } from '../core/errors.ts';
import type { Command, Terminal } from './command.ts';
import { visible } from './visible.ts';

// Each command is loaded on demand: a worker does not load the code of `up`.
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  up: async () => (await import('./commands/up.ts')).up,
  token: async () => (await import('./commands/token.ts')).token,
  check: async () => (await import('./commands/check.ts')).check,
  status: async () => (await import('./commands/status.ts')).status,
  serve: async () => (await import('./commands/serve.ts')).serve,
  backends: async () => (await import('./commands/backends.ts')).backends,
  quota: async () => (await import('./commands/quota.ts')).quota,
  'helm-values': async () => (await import('./commands/helm-values.ts')).helmValuesCommand,
  completion: async () => (await import('./commands/completion.ts')).completionFor(COMMANDS),
  clients: async () => (await import('./commands/clients.ts')).clients,
  'ext-authz': async () => (await import('./commands/ext-authz.ts')).extAuthz,
  'ext-proc': async () => (await import('./commands/ext-proc.ts')).extProc,
  watcher: async () => (await import('./commands/watcher.ts')).watcher,
  operator: async () => (await import('./commands/operator.ts')).operator,
  bridge: async () => (await import('./commands/bridge.ts')).bridge,
  bootstrap: async () => (await import('./commands/bootstrap.ts')).bootstrap,
  admin: async () => (await import('./commands/admin.ts')).admin,
  pod: async () => (await import('./commands/pod.ts')).pod,
};

/** Runs the command line and returns the exit status. */
export async function main(args: string[], terminal: Terminal): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    terminal.print(await overview());
    return name === undefined ? 64 : 0;
  }
  if (name === '--version') {
    const { default: manifest } = await import('../package.json', { with: { type: 'json' } });
    terminal.print(manifest.version);
    return 0;
  }
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (load === undefined) {
    const error = new UserError('usage', `there is no command ${JSON.stringify(name)}`, {
      hint: 'See mcp-gateway --help.',
    });
    return fail(error, terminal);
  }
  try {
    const command = await load();
    // Words after -- are for another program.
    const own = rest.includes('--') ? rest.slice(0, rest.indexOf('--')) : rest;
    if (own.includes('--help') || own.includes('-h')) {
      terminal.print(command.help);
      return 0;
    }
    return await command.run(rest, terminal);
  } catch (error) {
    return fail(error, terminal);
  }
}

function fail(error: unknown, terminal: Terminal): number {
  if (error instanceof UserError) {
    terminal.tell(`mcp-gateway: ${error.message}`);
    if (error.hint !== undefined) terminal.tell(error.hint);
    return error.exitCode;
  }
  terminal.tell(`mcp-gateway: unexpected failure: ${messageOf(error)}`);
  if (error instanceof Error && error.stack !== undefined) terminal.tell(error.stack);
  return 1;
}

async function overview(): Promise<string> {
  const rows = await Promise.all(
    Object.entries(COMMANDS).map(async ([name, load]) => `  ${name.padEnd(12)}${(await load()).summary}`),
  );
  return ['Usage: mcp-gateway COMMAND [OPTIONS]', '', ...rows, '', 'See mcp-gateway COMMAND --help.'].join('\n');
}

// A role must not end because its output cannot be written. A command that printed its result in vain does not succeed.
let lostOutput: NodeJS.ErrnoException | undefined;
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error) => {
    lostOutput ??= error;
  });
}

const exitCode = await main(process.argv.slice(2), {
  program: process.argv[1] ?? '',
  env: process.env,
  print: (line) => process.stdout.write(`${visible(line)}\n`),
  tell: (line) => process.stderr.write(`${visible(line)}\n`),
  interactive: process.stdout.isTTY === true,
});
// A pipe takes output only as it is read. The exit is explicit so that no idle handle keeps a role alive.
if (process.stdout.writableLength > 0) await once(process.stdout, 'drain').catch(() => undefined);
// The reader of a pipe, such as head, may end early.
process.exit(exitCode === 0 && lostOutput !== undefined && lostOutput.code !== 'EPIPE' ? LOST_OUTPUT : exitCode);
