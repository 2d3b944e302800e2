#!/usr/bin/env node
// Starts the command line: the compiled one of a package, or the sources of a checkout, which need Node 22.18 or newer.
// An older Node starts the Node that the checkout brings along as a development dependency.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const sources = path('./main.ts');
const bundledNode = path('../node_modules/node/bin/node');

if (!existsSync(sources)) {
  await import('../dist/cli/main.js');
} else if (major > 22 || (major === 22 && minor >= 18)) {
  await import('./main.ts');
} else if (existsSync(bundledNode)) {
  const child = spawn(bundledNode, [sources, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(signal === null ? code : 128 + constants.signals[signal]));
} else {
  console.error(
    `mcp-gateway: Node ${process.versions.node} is too old to run the sources. Run npm install, which brings Node 24, or use Node 22.18 or newer.`,
  );
  process.exit(69);
}
