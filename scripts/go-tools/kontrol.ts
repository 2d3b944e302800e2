import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { GoProgram } from './build.ts';
import type { Go } from './go.ts';
import { changedKubernetes, LOOPBACK_RULE } from './kubernetes.ts';

const SOURCES = fileURLToPath(new URL('../../test/cluster/control-plane', import.meta.url));
/** The version that the API server reports: that of `k8s.io/kubernetes` in go.mod. */
const KUBERNETES = 'v1.34.4';

const FLAGS = ['-trimpath', '-buildvcs=false', `-ldflags=-s -w ${linked()}`];

function linked(): string {
  const [major, minor] = KUBERNETES.slice(1).split('.');
  const facts = {
    gitVersion: KUBERNETES,
    gitMajor: major,
    gitMinor: minor,
    gitTreeState: 'clean',
    buildDate: '1970-01-01T00:00:00Z',
  };
  return Object.entries(facts)
    .map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`)
    .join(' ');
}

/** The control plane of the tests: API server, etcd, controllers, scheduler and kubectl in one program. */
export function kontrol(go: Go): GoProgram {
  const hash = createHash('sha256').update(JSON.stringify([go.version, go.platform, FLAGS, LOOPBACK_RULE]));
  for (const file of readdirSync(SOURCES).sort())
    if (/\.go$|^go\.(mod|sum)$/.test(file)) hash.update(`\0${file}\0`).update(readFileSync(join(SOURCES, file)));
  return {
    name: 'kontrol',
    key: hash.digest('hex').slice(0, 16),
    firstBuild: '8 to 10 minutes on two cores',
    async build(folder, run) {
      const modfile = await changedKubernetes(SOURCES, folder, run);
      const output = ['-o', join(folder, 'kontrol')];
      await run({ args: ['build', '-v', `-modfile=${modfile}`, ...FLAGS, ...output, '.'], cwd: SOURCES });
    },
  };
}
