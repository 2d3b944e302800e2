/** A lock file of npm, version 3. */
export interface LockFile {
  lockfileVersion: number;
  /** By path; the package itself has the path ''. */
  packages: Record<string, LockedPackage>;
}

interface LockedPackage {
  version?: string;
  /** Its hash, as in subresource integrity. */
  integrity?: string;
  license?: string;
  dev?: boolean;
  optional?: boolean;
  devDependencies?: unknown;
}

/** The same without the packages that only development needs. */
export function withoutDevelopment(lock: LockFile): LockFile {
  const kept = Object.entries(lock.packages).filter(([, { dev }]) => dev !== true);
  const { devDependencies: _devDependencies, ...root } = lock.packages[''] ?? {};
  return { ...lock, packages: { ...Object.fromEntries(kept), '': root } };
}
