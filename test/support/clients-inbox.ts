/** Items in the order of their arrival, which a test can wait for. Without the item the wait ends with the timeout of the test. */
export class Inbox<T> {
  readonly all: T[] = [];
  readonly #waiting = new Set<() => void>();

  push(item: T): void {
    this.all.push(item);
    for (const wake of [...this.#waiting]) wake();
  }

  /** The first item from position `from` on for which `fits` is true; waits for it if it has not arrived yet. */
  async first(fits: (item: T) => boolean, from = 0): Promise<T> {
    for (;;) {
      const found = this.all.slice(from).find(fits);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.#waiting.delete(wake);
          resolve();
        };
        this.#waiting.add(wake);
      });
    }
  }
}
