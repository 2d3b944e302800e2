/** What a test file needs besides Node. */
export type Group = 'unit' | 'gateway' | 'cluster';

/** Beginnings of paths. Tests that start a gateway, and thus Envoy. */
const GATEWAY = ['test/e2e/', 'test/conformance/', 'test/pod/probes.', 'test/bench/abuse.'];
/** Tests that need the control plane or Helm, both built with Go. */
const CLUSTER = ['test/cluster/', 'test/k8s/chart', 'test/k8s/serve-helm-values.', 'test/docs/deploy.'];

/** The group of a test file. `path` is relative to the project. */
export function groupOf(path: string): Group {
  const isBelow = (beginnings: readonly string[]) => beginnings.some((beginning) => path.startsWith(beginning));
  if (isBelow(CLUSTER)) return 'cluster';
  return isBelow(GATEWAY) ? 'gateway' : 'unit';
}

/** One run of mocha. */
export interface Job {
  /** For a person: the group, or the only file. */
  name: string;
  group: Group;
  files: readonly string[];
}

/**
 * The runs of mocha for these files, in the order in which to start them: unit tests in one process, then the others, the longest first.
 * Tests on a cluster share one process, and so one control plane; a file that starts gateways has a process of its own.
 */
export function jobsFor(files: readonly string[], costOf: (file: string) => number): Job[] {
  const of = (group: Group) => files.filter((file) => groupOf(file) === group);
  const together = (group: Group): Job[] => {
    const members = of(group);
    return members.length > 0 ? [{ name: `${group} tests`, group, files: members }] : [];
  };
  const cost = (job: Job) => job.files.reduce((sum, file) => sum + costOf(file), 0);
  const others = [
    ...together('cluster'),
    ...of('gateway').map((file) => ({ name: file, group: 'gateway', files: [file] }) as const),
  ];
  return [...together('unit'), ...others.sort((a, b) => cost(b) - cost(a))];
}
