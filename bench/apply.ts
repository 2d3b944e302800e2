// Measures the time from applying an MCPBackend to the first answered call:
//   node bench/apply.ts [COUNT]        default 10
// Uses a real API server with its controllers, the operator, servers as processes, the real roles and a real Envoy on this machine.
// Prints the rows of the table in bench/CLUSTER.md.

import { measureApply, type Steps } from './watcher/apply.ts';

const NAMES: readonly (readonly [keyof Steps, string])[] = [
  ['statefulSet', 'the StatefulSet exists'],
  ['podReady', 'the pod is ready'],
  ['envoy', 'Envoy has a healthy endpoint'],
  ['initialize', 'the first `initialize` is answered'],
  ['call', 'the first `tools/list` is answered'],
];

const all = await measureApply(Number(process.argv[2] ?? 10));
for (const [key, name] of NAMES) {
  const sorted = all.map((steps) => steps[key]).sort((a, b) => a - b);
  const at = (share: number) => `${Math.round(sorted[Math.round(share * (sorted.length - 1))] ?? 0)} ms`;
  console.log(`| ${[name, at(0), at(0.5), at(1)].join(' | ')} |`);
}
