import type { Logger } from '../../runtime/log.ts';

/**
 * Logs at level debug what `oidc-provider` prints during `run`. The library writes notices, such as one about an untested Node
 * release, to the console, and no option changes that. Other lines are still printed.
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
