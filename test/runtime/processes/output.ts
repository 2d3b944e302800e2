import { setTimeout as sleep } from 'node:timers/promises';

/** Collects the lines of a child and waits for some of them; the time limit is that of the test. */
export class Output {
  readonly #lines: { stream: string; line: string }[] = [];

  readonly onLine = (stream: 'stdout' | 'stderr', line: string): void => {
    this.#lines.push({ stream, line });
  };

  of(stream: 'stdout' | 'stderr'): string[] {
    return this.#lines.filter((entry) => entry.stream === stream).map((entry) => entry.line);
  }

  /** The first line on stdout. */
  async first(): Promise<string> {
    await this.until(() => this.of('stdout').length > 0);
    return this.of('stdout')[0] ?? '';
  }

  has(line: string): Promise<void> {
    return this.until(() => this.of('stdout').includes(line));
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await sleep(10, undefined, { ref: false }); // Does not keep mocha alive after a timeout.
  }
}
