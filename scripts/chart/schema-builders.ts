import type { JsonSchema } from './schema-parts.ts';

// Small builders for the schema of the values. The description of a value comes first.

const DURATION = '^[0-9]{1,9}(ms|s|m|h|d)$';
const NAME = '^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$';
export const LABEL = '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$';
export const CIDR = '^[0-9a-fA-F.:]+/[0-9]{1,3}$';

export const text = (description: string, more: JsonSchema = {}): JsonSchema => ({
  type: 'string',
  description,
  ...more,
});
export const flag = (description: string): JsonSchema => ({ type: 'boolean', description });
export const whole = (description: string, minimum: number, maximum: number): JsonSchema => ({
  type: 'integer',
  description,
  minimum,
  maximum,
});
export const orNull = (schema: JsonSchema): JsonSchema => ({ ...schema, type: [String(schema.type), 'null'] });
export const list = (description: string, items: JsonSchema, more: JsonSchema = {}): JsonSchema => ({
  type: 'array',
  description,
  items,
  ...more,
});
export const texts = (description: string, pattern?: string): JsonSchema =>
  list(description, { type: 'string', minLength: 1, ...(pattern === undefined ? {} : { pattern }) });
export const map = (description: string): JsonSchema => ({
  type: 'object',
  description,
  additionalProperties: { type: 'string' },
});
/** A value that Kubernetes defines and checks. */
export const asInKubernetes = (what: string, type: 'array' | 'object' = 'object'): JsonSchema => ({
  type,
  description: `${what}, as in the Kubernetes API`,
  ...(type === 'array' ? { items: { type: 'object' } } : {}),
});
export const keys = (properties: Record<string, JsonSchema>, more: JsonSchema = {}): JsonSchema => ({
  type: 'object',
  additionalProperties: false,
  properties,
  ...more,
});
export const oneOf = (description: string, ...values: string[]): JsonSchema => ({
  type: 'string',
  description,
  enum: values,
});

export const port = (description: string) => whole(description, 1, 65_535);
export const duration = (description: string) =>
  text(`${description}, such as 500ms, 30s, 5m, 1h or 7d`, { pattern: DURATION });
export const name = (description: string) => text(description, { pattern: `${NAME}|^$`, maxLength: 253 });
export const label = (description: string) => text(description, { pattern: LABEL, maxLength: 63 });
export const logLevel = oneOf('lowest level that is logged', 'trace', 'debug', 'info', 'warn', 'error');
