const MAX_LINES = 8;
const MAX_LENGTH = 300;
/** Shorter values are words that stand in any message. */
const SECRET_LENGTH = 6;
/** Variables whose values may be told: places, languages and versions. */
const PLAIN =
  /^(PATH|HOME|PWD|TMPDIR|LANG|LC_.*|USER|LOGNAME|SHELL|TERM|TZ|HOSTNAME|NODE_ENV|KUBERNETES_.*|.*_(DIR|HOME|CACHE|VERSION))$/i;

/** The last lines of a server's stderr, for whoever asks why it ended: few, short, and without the values of its environment. */
export class StderrTail {
  readonly #lines: string[] = [];
  readonly #secrets: readonly string[];

  constructor(env: Readonly<Record<string, string | undefined>>) {
    this.#secrets = Object.entries(env)
      .flatMap(([name, value]) =>
        PLAIN.test(name) || value === undefined || value.length < SECRET_LENGTH ? [] : value,
      )
      .sort((one, other) => other.length - one.length);
  }

  /** Takes a line. */
  push(line: string): void {
    if (line.trim() === '') return;
    this.#lines.push(this.#conceal(line).slice(0, MAX_LENGTH));
    if (this.#lines.length > MAX_LINES) this.#lines.shift();
  }

  /** The lines, empty when nothing was said. */
  get text(): string {
    return this.#lines.join('\n');
  }

  #conceal(line: string): string {
    return this.#secrets.reduce((text, secret) => text.replaceAll(secret, '***'), line);
  }
}
