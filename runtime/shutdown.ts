/**
 * Resolves when this process is asked to end: by SIGTERM or SIGINT, or because the parent that holds its message channel is
 * gone. A second signal ends it at once.
 */
export function untilShutdown(): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    const ask = () => {
      if (asked) process.exit(1);
      asked = true;
      resolve();
    };
    process.on('SIGTERM', ask);
    process.on('SIGINT', ask);
    process.once('disconnect', () => {
      if (!asked) ask();
    });
  });
}
