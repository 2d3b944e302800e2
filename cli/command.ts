import { type ParseArgsConfig, parseArgs } from 'node:util';
import { parseDurationMs } from '../core/document/duration.ts';
import { messageOf, UserError } from '../core/errors.ts';

/** The parts of its process that a command uses. */
export interface Terminal {
  /** The program that was started; roles are started with the same program. */
  program: string;
  env: Readonly<Record<string, string | undefined>>;
  /** Writes a line to standard output. */
  print: (line: string) => void;
  /** Writes a line to standard error. */
  tell: (line: string) => void;
  /** Whether standard output is a terminal. */
  interactive: boolean;
}

type Options = NonNullable<ParseArgsConfig['options']>;

/** One subcommand of `mcp-gateway`. */
export interface Command {
  /** One line for the list of commands. */
  summary: string;
  /** The text of `--help`. */
  help: string;
  /** Runs it and returns its exit status. */
  run: (args: string[], terminal: Terminal) => Promise<number>;
}

/** The error for a wrong call of a command. Its hint names the help of the command. */
export function misuse(command: string, message: string): UserError {
  return new UserError('usage', message, { hint: `See mcp-gateway ${command} --help.` });
}

/** Parses options. Throws as {@link misuse} for options that are unknown or incomplete. */
export function parseOptions<const O extends Options>(
  command: string,
  args: string[],
  options: O,
  positionals = false,
) {
  try {
    return parseArgs({ args, options, allowPositionals: positionals, strict: true });
  } catch (error) {
    throw misuse(command, messageOf(error));
  }
}

/** The value of a required option. */
export function required(command: string, name: string, value: string | undefined): string {
  if (value !== undefined && value !== '') return value;
  throw misuse(command, `--${name} is required`);
}

/** Node's timers hold no more than 2^31 - 1 ms. */
const MAX_TIMER_MS = 2_147_483_647;

/** Milliseconds of an option such as `500ms`, `30s`, `5m` or `1h`. */
export function duration(command: string, name: string, text: string): number {
  const ms = parseDurationMs(text);
  if (ms !== undefined && ms <= MAX_TIMER_MS) return ms;
  throw misuse(command, `--${name} must be a duration such as 500ms, 30s, 5m or 1h (got ${text})`);
}

/** A whole number between two bounds. */
export function wholeNumber(command: string, name: string, text: string, min: number, max: number): number {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw misuse(command, `--${name} must be a whole number from ${min} to ${max} (got ${text})`);
}
