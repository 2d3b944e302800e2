const MAX_LINES = 8;
const MAX_LENGTH = 300;
/** Shorter values are not concealed: they occur in ordinary text. */
const MIN_SECRET_LENGTH = 6;
/** Variables whose values are not secrets, such as paths, locales and versions. */
const PUBLIC_VARIABLES =
  /^(PATH|HOME|PWD|TMPDIR|LANG|LC_.*|USER|LOGNAME|SHELL|TERM|TZ|HOSTNAME|NODE_ENV|KUBERNETES_.*|.*_(DIR|HOME|CACHE|VERSION))$/i;

/**
 * The last lines of a server's stderr, which explain why it ended: at most 8 lines of 300 characters. Values of its
 * environment are concealed, since clients get to see this text.
 */
export class StderrTail {
  readonly #lines: string[] = [];
  readonly #secrets: readonly string[];

  constructor(env: Readonly<Record<string, string | undefined>>) {
    this.#secrets = Object.entries(env)
      .flatMap(([name, value]) =>
        PUBLIC_VARIABLES.test(name) || value === undefined || value.length < MIN_SECRET_LENGTH ? [] : value,
      )
      .sort((one, other) => other.length - one.length);
  }

  /** Adds a line. Blank lines are ignored. */
  push(line: string): void {
    if (line.trim() === '') return;
    this.#lines.push(this.#conceal(line).slice(0, MAX_LENGTH));
    if (this.#lines.length > MAX_LINES) this.#lines.shift();
  }

  /** The lines, joined with line feeds; empty if there are none. */
  get text(): string {
    return this.#lines.join('\n');
  }

  #conceal(line: string): string {
    return this.#secrets.reduce((text, secret) => text.replaceAll(secret, '***'), line);
  }
}
