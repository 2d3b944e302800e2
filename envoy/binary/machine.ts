/** The properties of a machine that decide whether the packaged Envoy runs on it. */
export interface Machine {
  /** As in `process.platform`. */
  platform: NodeJS.Platform;
  /** As in `process.arch`. */
  arch: string;
  /** Such as `2.36`. Undefined on musl and outside Linux. */
  glibcVersion: string | undefined;
}

/** The machine that this process runs on. */
export function thisMachine(): Machine {
  return { platform: process.platform, arch: process.arch, glibcVersion: runtimeGlibc() };
}

/** Whether version `found` (major.minor) is at least `wanted`. */
export function glibcAtLeast(found: string, wanted: string): boolean {
  const [foundMajor = 0, foundMinor = 0] = found.split('.').map(Number);
  const [wantedMajor = 0, wantedMinor = 0] = wanted.split('.').map(Number);
  return foundMajor > wantedMajor || (foundMajor === wantedMajor && foundMinor >= wantedMinor);
}

function runtimeGlibc(): string | undefined {
  if (process.platform !== 'linux') return undefined;
  const report: NodeJS.ProcessReport & { excludeNetwork?: boolean } = process.report;
  const before = report.excludeNetwork;
  report.excludeNetwork = true; // Otherwise the report resolves the host names of open connections.
  try {
    const { header } = report.getReport() as { header?: { glibcVersionRuntime?: string } };
    return header?.glibcVersionRuntime;
  } finally {
    report.excludeNetwork = before ?? false;
  }
}
