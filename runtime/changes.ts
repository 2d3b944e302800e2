/** Lets callers wait for something that changes from time to time. */
export class Changes {
  readonly #waiting = new Set<() => void>();

  /** Says that something changed. */
  wake(): void {
    for (const resume of [...this.#waiting]) resume();
  }

  /** Resolves once the condition holds, which is looked at after each {@link wake}, or after a while. Tells whether it holds. */
  async until(condition: () => boolean, timeoutMs: number): Promise<boolean> {
    const deadline = AbortSignal.timeout(timeoutMs);
    while (!condition() && !deadline.aborted) {
      await new Promise<void>((resolve) => {
        const resume = () => {
          this.#waiting.delete(resume);
          deadline.removeEventListener('abort', resume);
          resolve();
        };
        this.#waiting.add(resume);
        deadline.addEventListener('abort', resume);
      });
    }
    return condition();
  }
}
