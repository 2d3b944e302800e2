const SAME_SIGNAL_MS = 1_000;
const PARENT_POLL_MS = 500;

/** Settings of {@link untilShutdown}. */
export interface ShutdownOptions {
  /** Whether the end of the parent process is a request to end. Default false: daemons outlive the shell that started them. */
  withParent?: boolean;
  /** Id of the parent process. Default: that of this process now. */
  parentPid?: () => number;
}

/**
 * Resolves when this process is asked to end: by SIGTERM, SIGINT or SIGHUP (its terminal was closed), or because the parent
 * that holds its message channel is gone. A second signal ends the process immediately, unless it follows within a second:
 * npm forwards the Ctrl-C that the terminal has already sent to the whole process group.
 */
export function untilShutdown({
  withParent = false,
  parentPid = () => process.ppid,
}: ShutdownOptions = {}): Promise<void> {
  return new Promise((resolve) => {
    let askedAtMs: number | undefined;
    const ask = () => {
      if (askedAtMs !== undefined && performance.now() - askedAtMs > SAME_SIGNAL_MS) process.exit(1);
      askedAtMs ??= performance.now();
      resolve();
    };
    process.on('SIGTERM', ask);
    process.on('SIGINT', ask);
    process.on('SIGHUP', ask);
    process.once('disconnect', resolve);
    if (!withParent) return;
    const parent = parentPid();
    const timer = setInterval(() => {
      if (parentPid() === parent) return;
      clearInterval(timer);
      resolve();
    }, PARENT_POLL_MS);
    timer.unref();
  });
}

/**
 * Whether npm, or the shell that npm started for this command alone, is the parent of this process: `npx mcp-gateway` and
 * `npm start` of a checkout. npm does not forward every signal, and its shell forwards none, so such a process would
 * outlive an npm that was asked to end.
 */
export function isChildOfNpm({
  npm_lifecycle_script: script = '',
}: Readonly<Record<string, string | undefined>>): boolean {
  return /^('?)mcp-gateway\1$|^exec node cli\/bin\.js /.test(script);
}
