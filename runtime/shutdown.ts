const SAME_SIGNAL_MS = 1_000;

/**
 * Resolves when this process is asked to end: by SIGTERM, SIGINT or SIGHUP (its terminal was closed), or because the parent
 * that holds its message channel is gone. A second signal ends it at once, unless it comes so soon that it is the same one:
 * npm passes on the Ctrl-C that the terminal has sent to everybody.
 */
export function untilShutdown(): Promise<void> {
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
  });
}
