import type { Logger } from '../../runtime/log.ts';

/**
 * Runs something while what `oidc-provider` prints goes to the log, level debug. The library writes its notices (an untested
 * Node release, for one) to the console and offers no other way. Lines of others pass through.
 */
export async function withLibraryNotices<T>(logger: Logger, run: () => Promise<T>): Promise<T> {
  const { info, warn } = console;
  const divert =
    (print: (...args: unknown[]) => void) =>
    (...args: unknown[]) => {
      const [first] = args;
      if (typeof first === 'string' && first.includes('oidc-provider '))
        logger.debug({ notice: first }, 'library notice');
      else print(...args);
    };
  console.info = divert(info);
  console.warn = divert(warn);
  try {
    return await run();
  } finally {
    console.info = info;
    console.warn = warn;
  }
}
