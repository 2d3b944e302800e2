/** What decides whether the packaged Envoy can run somewhere. */
export interface Machine {
  /** As `process.platform` says. */
  platform: NodeJS.Platform;
  /** As `process.arch` says. */
  arch: string;
  /** Such as `2.36`. Undefined on musl and outside Linux. */
  glibcVersion: string | undefined;
}

/** The machine that this process runs on. */
export function thisMachine(): Machine {
  return { platform: process.platform, arch: process.arch, glibcVersion: runtimeGlibc() };
}

/** True when version `found` (major.minor) is at least `wanted`. */
export function glibcAtLeast(found: string, wanted: string): boolean {
  const [foundMajor = 0, foundMinor = 0] = found.split('.').map(Number);
  const [wantedMajor = 0, wantedMinor = 0] = wanted.split('.').map(Number);
  return foundMajor > wantedMajor || (foundMajor === wantedMajor && foundMinor >= wantedMinor);
}

function runtimeGlibc(): string | undefined {
  if (process.platform !== 'linux') return undefined;
  const report: NodeJS.ProcessReport & { excludeNetwork?: boolean } = process.report;
  const before = report.excludeNetwork;
  report.excludeNetwork = true; // Else the report looks up the names of open connections.
  try {
    const { header } = report.getReport() as { header?: { glibcVersionRuntime?: string } };
    return header?.glibcVersionRuntime;
  } finally {
    report.excludeNetwork = before ?? false;
  }
}
