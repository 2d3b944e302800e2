import type { z } from 'zod';

const TYPES: Readonly<Record<string, string>> = {
  string: 'must be a string',
  number: 'must be a number',
  int: 'must be a whole number',
  boolean: 'must be true or false',
  array: 'must be a list',
  object: 'must be a mapping',
  record: 'must be a mapping',
};

/** Beginnings of the library's own messages. */
const DEFAULT = /^(?:Invalid (?:input: expected|option: expected|discriminator value|key in)|Too (?:small|big): )/;

/** The message about a schema issue: that of the schema, or one in terms of YAML in place of the library's own. */
export function describeIssue(issue: z.core.$ZodIssue): string {
  return DEFAULT.test(issue.message) ? (describeDefault(issue) ?? issue.message) : issue.message;
}

function describeDefault(issue: z.core.$ZodIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return TYPES[issue.expected];
    case 'invalid_value':
      return `must be ${listOf(issue.values)}`;
    case 'invalid_union':
      return 'options' in issue && issue.options ? `must be ${listOf(issue.options)}` : undefined;
    case 'invalid_key':
      return issue.issues[0] && describeIssue(issue.issues[0]);
    case 'too_small':
      if (issue.minimum === 1 && UNITS[issue.origin] !== undefined) return 'must not be empty';
      return describeBound(issue.inclusive === false ? 'more than' : 'at least', issue.minimum, issue.origin);
    case 'too_big':
      return describeBound(issue.inclusive === false ? 'less than' : 'at most', issue.maximum, issue.origin);
    default:
      return undefined;
  }
}

/** What the bounds of a value count; a number counts nothing. */
const UNITS: Readonly<Record<string, string>> = { string: 'characters', array: 'entries' };

function describeBound(word: string, bound: number | bigint, origin: string): string {
  const unit = UNITS[origin];
  return unit === undefined ? `must be ${word} ${bound}` : `must have ${word} ${bound} ${unit}`;
}

/** `a`, `a or b`, `a, b or c`. */
function listOf(values: readonly unknown[]): string {
  const texts = values.map(String);
  const last = texts.pop() ?? '';
  return texts.length === 0 ? last : `${texts.join(', ')} or ${last}`;
}
