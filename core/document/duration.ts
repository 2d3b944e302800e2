import { z } from 'zod';

const UNITS_MS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const EXAMPLES = 'must be a duration such as 500ms, 30s, 5m, 1h or 7d';

/** Milliseconds of a duration such as `500ms`, `30s`, `5m`, `1h` or `7d`; undefined when the text is none. */
export function parseDurationMs(text: string): number | undefined {
  const match = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text);
  const unit = UNITS_MS[match?.[2] ?? ''];
  return match && unit !== undefined ? Number(match[1]) * unit : undefined;
}

/**
 * A schema for durations between two bounds in milliseconds; its output is a number of milliseconds. The bounds are also in its
 * metadata, under `durationMs`, for schemas that are made from it.
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

/** The shortest text of a whole number of milliseconds: `30s` for 30,000. */
export function formatDuration(ms: number): string {
  const unit = ['d', 'h', 'm', 's'].find((name) => ms % (UNITS_MS[name] ?? 1) === 0 && ms > 0) ?? 'ms';
  return `${ms / (UNITS_MS[unit] ?? 1)}${unit}`;
}
