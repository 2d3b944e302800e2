import type { GoProgram } from './build.ts';
import type { Go } from './go.ts';

const HELM = 'v4.3.1';

/** Helm, from the Go module proxy. */
export function helm(go: Go): GoProgram {
  return {
    name: 'helm',
    key: `${HELM}-${go.version}-${go.platform}`,
    firstBuild: '2 to 4 minutes on two cores',
    async build(folder, run) {
      const args = ['install', '-v', '-trimpath', '-ldflags=-s -w', `helm.sh/helm/v4/cmd/helm@${HELM}`];
      await run({ args, cwd: folder, env: { GOBIN: folder } });
    },
  };
}
