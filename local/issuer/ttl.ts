import { UserError } from '../../core/errors.ts';

const UNIT_SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 };
const LONGEST_SECONDS = 365 * UNIT_SECONDS.d;

/**
 * A lifetime in seconds from a whole number and its unit: `90s`, `30m`, `1h`, `7d`. At most 365 days.
 *
 * @throws UserError `usage` on anything else.
 */
export function parseTtl(text: string): number {
  const [, digits, unit] = /^([1-9]\d{0,8})([smhd])$/.exec(text) ?? [];
  if (digits === undefined || !isUnit(unit)) throw unusable(text);
  const seconds = Number(digits) * UNIT_SECONDS[unit];
  if (seconds > LONGEST_SECONDS) throw unusable(text);
  return seconds;
}

function isUnit(text: string | undefined): text is keyof typeof UNIT_SECONDS {
  return text !== undefined && Object.hasOwn(UNIT_SECONDS, text);
}

function unusable(text: string): UserError {
  return new UserError('usage', `${JSON.stringify(text)} is not a lifetime`, {
    hint: 'Give a whole number and a unit, such as 90s, 30m, 1h or 7d; at most 365d.',
  });
}
