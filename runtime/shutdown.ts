const SAME_SIGNAL_MS = 1_000;
const PARENT_POLL_MS = 500;

/** Settings of {@link untilShutdown}. */
export interface ShutdownOptions {
  /** Whether to shut down when the parent process ends. Default false, because a daemon outlives the shell that started it. */
  withParent?: boolean;
  /** Current id of the parent process. Default `process.ppid`. */
  parentPid?: () => number;
}

/**
 * Resolves when this process must shut down: after SIGTERM, SIGINT or SIGHUP (its terminal was closed), or when the parent at
 * the other end of its message channel is gone. A second signal exits immediately, unless it follows within a second: npm
 * forwards the Ctrl-C that the terminal has already sent to the whole process group.
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
 * Whether the parent of this process is npm, or a shell that npm started for this command alone: `npx mcp-gateway`, and
 * `npm start` in a checkout. If npm dies, this process may not be told: npm forwards only SIGTERM and SIGINT, and its shell forwards
 * nothing. So the caller also watches its parent. Other npm scripts may leave a gateway in the background on purpose, so they do not
 * count.
 */
export function isChildOfNpm({
  npm_lifecycle_script: script = '',
}: Readonly<Record<string, string | undefined>>): boolean {
  return /^('?)mcp-gateway\1$|^exec node cli\/bin\.js /.test(script);
}
