#!/usr/bin/env node
// Starts the command line: the sources of a checkout, or the compiled ones of a package. Both need Node 22.18 or newer; an
// older Node starts the one that a checkout brings along as a development dependency.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const sources = path('./main.ts');
const bundledNode = path('../node_modules/node/bin/node');

if (major > 22 || (major === 22 && minor >= 18)) {
  await import(existsSync(sources) ? './main.ts' : '../dist/cli/main.js');
} else if (existsSync(bundledNode)) {
  const child = spawn(bundledNode, [sources, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(signal === null ? code : 128 + constants.signals[signal]));
} else {
  const remedy = existsSync(sources) ? 'run npm install, which brings Node 24' : 'use Node 22.18 or newer';
  console.error(`mcp-gateway: Node ${process.versions.node} is too old; ${remedy}.`);
  process.exit(69);
}
