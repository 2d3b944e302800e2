#!/usr/bin/env node
// Starts the command line. A package holds compiled code, for Node 22.19 or newer (`engines` in package.json); a checkout runs its
// sources, for which Node must also strip types. An older Node starts the one that is a development dependency of the checkout.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const sources = path('./main.ts');
const isCheckout = existsSync(sources);
const bundledNode = path('../node_modules/node/bin/node');
const isNewEnough = major > 22 || (major === 22 && minor >= 19);

if (isNewEnough && (!isCheckout || process.features.typescript)) {
  await import(isCheckout ? './main.ts' : '../dist/cli/main.js');
} else if (isCheckout && existsSync(bundledNode)) {
  const child = spawn(bundledNode, [sources, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(signal === null ? code : 128 + constants.signals[signal]));
} else {
  const remedy = isCheckout
    ? 'Run `npm ci`, which installs Node 24 here.'
    : 'Node 22.19 or newer must be first on PATH.';
  console.error(`mcp-gateway: Node ${process.versions.node} is too old. ${remedy}`);
  process.exit(69);
}
