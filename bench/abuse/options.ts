import { parseArgs } from 'node:util';
import { messageOf, UserError } from '../../core/errors.ts';

export const USAGE = `Usage: npm run abuse -- [options] [FLOOD...]

Floods a gateway on this machine in one way after another (default all), and measures what a good caller gets beside each.

  --seconds N      seconds of the good caller without and beside each flood (default 5)
  --output FILE    file for the report (default bench/ABUSE.md if all floods are measured, otherwise none)
  --help`;

/** What to measure and where to write the results. */
export interface AbuseOptions {
  floods: string[];
  seconds: number;
  output: string | undefined;
  help: boolean;
}

/**
 * Reads the command line. `known` are the names of all floods.
 * @throws UserError `usage`
 */
export function parseAbuseOptions(argv: readonly string[], known: readonly string[]): AbuseOptions {
  const { values, positionals } = readArguments(argv);
  const unknown = positionals.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new UserError('usage', `unknown flood ${unknown.join(', ')}; known are ${known.join(', ')}`);
  const seconds = Number(values.seconds);
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > 3_600)
    throw new UserError(
      'usage',
      `--seconds must be a whole number from 1 to 3600, not ${JSON.stringify(values.seconds)}`,
    );
  const floods = positionals.length > 0 ? known.filter((name) => positionals.includes(name)) : [...known];
  return { floods, seconds, output: values.output, help: values.help };
}

function readArguments(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        seconds: { type: 'string', default: '5' },
        output: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (cause) {
    throw new UserError('usage', messageOf(cause), { hint: USAGE, cause });
  }
}
