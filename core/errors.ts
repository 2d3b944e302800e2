/**
 * An error that the user caused and can fix: bad configuration, a port in use, a missing program. The command line prints `message`
 * and `hint`, without a stack trace, and exits with `exitCode`.
 */
export class UserError extends Error {
  override readonly name = 'UserError';
  readonly code: UserErrorCode;
  /** What to do about it: one sentence, or several lines. */
  readonly hint: string | undefined;

  constructor(code: UserErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
  }

  /** The exit status for scripts; one of sysexits.h if there is a suitable one. */
  get exitCode(): number {
    return EXIT_CODES[this.code];
  }
}

/** Exit statuses by error code. 0 is success, 1 an unexpected failure, 64 to 78 follow sysexits.h. */
export const EXIT_CODES = {
  usage: 64,
  config: 78,
  'missing-file': 66,
  'envoy-unavailable': 69,
  'cluster-unavailable': 69,
  'backend-failed': 70,
  'port-taken': 71,
  'too-few-files': 71,
  'already-running': 75,
  'not-running': 76,
  'no-such': 66,
  exists: 73,
  conflict: 75,
  forbidden: 77,
} as const;

/** Exit status of a command whose output could not be written: EX_IOERR of sysexits.h. */
export const LOST_OUTPUT = 74;

/** The closed set of reasons for which a command fails with a message. */
export type UserErrorCode = keyof typeof EXIT_CODES;

/** Whether a thrown value means that a file does not exist. */
export function isMissingFile(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT';
}

/** The message of any thrown value, for a log line or the end of a message. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
