import type { StandardSchemaWithJSON } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { parseValue } from '../../core/document/parse.ts';
import { UserError } from '../../core/errors.ts';

/** JSON Schema as clients see it. */
export type JsonSchema = Record<string, unknown>;

/** A schema that only describes the arguments of a tool to clients. {@link parseArguments} validates them. */
export function shown(schema: JsonSchema): StandardSchemaWithJSON<unknown, unknown> {
  const json = () => schema;
  const validate = (value: unknown) => ({ value });
  return { '~standard': { version: 1, vendor: 'mcp-gateway', validate, jsonSchema: { input: json, output: json } } };
}

/** Parses the arguments of a tool. Throws a UserError `usage` that lists all problems. */
export function parseArguments<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const parsed = parseValue(value ?? {}, 'arguments', schema);
  if (parsed.ok) return parsed.value;
  const lines = parsed.problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
  const count = lines.length === 1 ? 'one problem' : `${lines.length} problems`;
  throw new UserError('usage', `the arguments have ${count}`, { hint: `${lines.join('\n')}\nNothing was changed.` });
}

/** The input of a zod schema as JSON Schema, without checks that only code can do. */
export function inputSchemaOf(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      delete jsonSchema.durationMs;
      // The default of a duration is a number of milliseconds, which is not valid input.
      if (
        zodSchema._zod.def.type === 'default' &&
        typeof jsonSchema.default === 'number' &&
        jsonSchema.type === 'string'
      ) {
        delete jsonSchema.default;
      }
    },
  });
  return rest;
}
