import { z } from 'zod';
import { UserError } from '../errors.ts';

const UNITS_MS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const EXAMPLES = 'must be a duration such as 500ms, 30s, 5m, 1h or 7d';

const LONGEST_OPTION_MS = 365 * 86_400_000;

/** Milliseconds of a duration such as `500ms`, `30s`, `5m`, `1h` or `7d`; undefined when the text is not a duration. */
export function parseDurationMs(text: string): number | undefined {
  const match = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text);
  const unit = UNITS_MS[match?.[2] ?? ''];
  return match && unit !== undefined ? Number(match[1]) * unit : undefined;
}

/**
 * Seconds of a duration that a person gives as an option: `90s`, `30m`, `1h`, `7d`. More than 0, at most 365 days, without
 * milliseconds.
 *
 * @throws UserError `usage` for any other text
 */
export function parseOptionSeconds(text: string): number {
  const ms = /^0|ms$/.test(text) ? undefined : parseDurationMs(text);
  if (ms !== undefined && ms <= LONGEST_OPTION_MS) return ms / 1000;
  throw new UserError('usage', `${JSON.stringify(text)} is not a duration`, {
    hint: 'Give a whole number and a unit, such as 90s, 30m, 1h or 7d; at most 365d.',
  });
}

/**
 * A schema for durations between two bounds in milliseconds; its output is a number of milliseconds. Its metadata has the bounds
 * under `durationMs`, for schemas that are generated from it.
 */
export function durationMs(minMs: number, maxMs: number) {
  const text = z.string(EXAMPLES).meta({ durationMs: { min: minMs, max: maxMs } });
  return text.transform((given, context) => {
    const ms = parseDurationMs(given);
    if (ms !== undefined && ms >= minMs && ms <= maxMs) return ms;
    context.addIssue(
      ms === undefined ? EXAMPLES : `must be between ${formatDuration(minMs)} and ${formatDuration(maxMs)}`,
    );
    return z.NEVER;
  });
}

/** The shortest text for a whole number of milliseconds: `30s` for 30,000. */
export function formatDuration(ms: number): string {
  const unit = ['d', 'h', 'm', 's'].find((name) => ms % (UNITS_MS[name] ?? 1) === 0 && ms > 0) ?? 'ms';
  return `${ms / (UNITS_MS[unit] ?? 1)}${unit}`;
}
