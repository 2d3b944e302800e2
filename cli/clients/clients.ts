import type { Client } from './client.ts';
import { claudeDesktop, cline, cursor, vscode, windsurf, zed } from './json-clients.ts';
import { claudeCode, codex, continueDev } from './other-clients.ts';

/** Every client, by the name that `clients print` takes and that its page in docs/clients has. */
export const CLIENTS: ReadonlyMap<string, Client> = new Map([
  ['claude-desktop', claudeDesktop],
  ['claude-code', claudeCode],
  ['cursor', cursor],
  ['vscode', vscode],
  ['cline', cline],
  ['windsurf', windsurf],
  ['continue', continueDev],
  ['zed', zed],
  ['codex', codex],
]);
