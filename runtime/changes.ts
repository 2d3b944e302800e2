/** Lets callers wait for a condition over state that changes. */
export class Changes {
  readonly #waiting = new Set<() => void>();

  /** Makes every waiting caller check its condition again. Call it after each change. */
  wake(): void {
    for (const resume of [...this.#waiting]) resume();
  }

  /** Resolves when the condition holds, checked after each {@link wake}, or after `timeoutMs`. Returns whether it holds. */
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
