import { z } from 'zod';
import { formatDuration } from '../../core/document/duration.ts';

/** A rule in CEL that the API server checks (x-kubernetes-validations). */
export interface Rule {
  rule: string;
  message: string;
}

/** A structural schema: the part of JSON schema that a CustomResourceDefinition may use. */
export interface Structural {
  type?: string;
  description?: string;
  format?: string;
  default?: unknown;
  enum?: unknown[];
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
  maxProperties?: number;
  required?: string[];
  properties?: Record<string, Structural>;
  items?: Structural;
  additionalProperties?: Structural;
  'x-kubernetes-int-or-string'?: true;
  'x-kubernetes-preserve-unknown-fields'?: true;
  'x-kubernetes-list-type'?: string;
  'x-kubernetes-list-map-keys'?: string[];
  'x-kubernetes-validations'?: Rule[];
}

// The output of z.toJSONSchema. `durationMs` comes from the metadata of durations.
const jsonSchema = z.object({
  type: z.union([z.string(), z.array(z.string())]).optional(),
  default: z.unknown().optional(),
  const: z.unknown().optional(),
  enum: z.array(z.unknown()).optional(),
  pattern: z.string().optional(),
  minLength: z.number().optional(),
  maxLength: z.number().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  minItems: z.number().optional(),
  maxItems: z.number().optional(),
  required: z.array(z.string()).optional(),
  durationMs: z.object({ min: z.number(), max: z.number() }).optional(),
  get properties() {
    return z.record(z.string(), jsonSchema).optional();
  },
  get items() {
    return jsonSchema.optional();
  },
  get additionalProperties() {
    return z.union([z.literal(false), jsonSchema]).optional();
  },
  get anyOf() {
    return z.array(jsonSchema).optional();
  },
  get oneOf() {
    return z.array(jsonSchema).optional();
  },
});

type Json = z.output<typeof jsonSchema>;

const PLAIN = ['pattern', 'minLength', 'maxLength', 'minimum', 'maximum', 'minItems', 'maxItems', 'enum'] as const;

/** A CEL expression for the milliseconds of a duration, such as `self.timeout`. */
export function celMs(expression: string): string {
  const unit = ['ms', 's', 'm', 'h'].reduceRight(
    (rest, suffix, index) => `${expression}.endsWith('${suffix}') ? ${[1, 1_000, 60_000, 3_600_000][index]} : ${rest}`,
    '86400000',
  );
  return `int(${expression}.find('^[0-9]+')) * (${unit})`;
}

/**
 * The input of a zod schema as a structural schema of Kubernetes. Structural schemas have no unions, so they are converted:
 *
 * | zod                                    | structural schema                                                   |
 * |----------------------------------------|---------------------------------------------------------------------|
 * | number or string                       | int-or-string                                                       |
 * | number, string or boolean              | int-or-string: booleans need quotes in a cluster                    |
 * | several objects                        | one object with the keys of all; required are those that all require |
 * | duration                               | string with its bounds in CEL                                       |
 * | any value                              | x-kubernetes-preserve-unknown-fields                                |
 *
 * Refinements are not converted; `rules.ts` has their CEL rules. An empty list or object is not a default here, unless keys in it have
 * defaults.
 */
export function structuralOf(schema: z.ZodType): Structural {
  const written = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema: json }) => {
      const { def } = zodSchema._zod;
      // The default of a duration is a number of milliseconds, which is not a valid input.
      if (def.type === 'default' && json.durationMs !== undefined)
        json.default = formatDuration(Number(def.defaultValue));
    },
  });
  return convert(jsonSchema.parse(written));
}

function convert(json: Json): Structural {
  const branches = json.oneOf ?? json.anyOf;
  if (branches?.every(({ type }) => type === 'object') === true) return convertObject(mergeObjects(json, branches));
  if (branches !== undefined || Array.isArray(json.type)) return intOrString(branches ?? []);
  if (json.durationMs !== undefined) return duration(json, json.durationMs);
  if (json.type === 'object') return convertObject(json);
  if (json.type === undefined) return { 'x-kubernetes-preserve-unknown-fields': true };
  const items = json.items === undefined ? {} : { items: convert(json.items) };
  return { type: String(json.type), ...plainOf(json), ...items, ...defaultOf(json) };
}

function convertObject(json: Json): Structural {
  const { properties, required = [], additionalProperties: rest } = json;
  const mapped =
    properties && Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, convert(value)]));
  const values = rest === undefined || rest === false ? undefined : convert(rest);
  return {
    type: 'object',
    ...defaultOf(json),
    ...(required.length > 0 && { required }),
    ...(mapped && { properties: mapped }),
    ...(values && (values['x-kubernetes-preserve-unknown-fields'] ? values : { additionalProperties: values })),
  };
}

// A branch that forbids a key has an empty schema for it. The schema comes from the branch that allows the key.
function mergeObjects(json: Json, branches: Json[]): Json {
  const properties: Record<string, Json> = {};
  for (const [key, value] of branches.flatMap((branch) => Object.entries(branch.properties ?? {}))) {
    const known = properties[key];
    const isSet = (each: Json | undefined) =>
      each !== undefined && Object.values(each).some((part) => part !== undefined);
    if (known?.const !== undefined || known?.enum !== undefined) {
      properties[key] = { ...known, const: undefined, enum: [...(known.enum ?? [known.const]), value.const] };
    } else if (isSet(value) || !isSet(known)) {
      properties[key] = value;
    }
  }
  const [first, ...others] = branches.map(({ required = [] }) => required);
  const required = (first ?? []).filter((key) => others.every((keys) => keys.includes(key)));
  return { ...json, anyOf: undefined, oneOf: undefined, type: 'object', properties, required };
}

function intOrString(branches: Json[]): Structural {
  const texts = branches.find(({ type }) => type === 'string');
  const numbers = branches.find(({ type }) => type === 'integer' || type === 'number');
  return {
    'x-kubernetes-int-or-string': true,
    ...(texts?.pattern !== undefined && { pattern: texts.pattern }),
    ...(numbers && { minimum: numbers.minimum ?? 1 }),
    ...(numbers?.maximum !== undefined && { maximum: numbers.maximum }),
  };
}

function duration(json: Json, { min, max }: { min: number; max: number }): Structural {
  const ms = celMs('self');
  const message = `must be between ${formatDuration(min)} and ${formatDuration(max)}`;
  return {
    type: 'string',
    pattern: '^[0-9]{1,9}(ms|s|m|h|d)$',
    maxLength: 11,
    ...defaultOf(json),
    'x-kubernetes-validations': [{ rule: `${ms} >= ${min} && ${ms} <= ${max}`, message }],
  };
}

function plainOf(json: Json): Structural {
  return Object.fromEntries(PLAIN.flatMap((key) => (json[key] === undefined ? [] : [[key, json[key]]])));
}

function defaultOf(json: Json): Pick<Structural, 'default'> {
  const { default: given } = json;
  const isEmpty = typeof given === 'object' && given !== null && Object.keys(given).length === 0;
  if (given === undefined || !isEmpty) return given === undefined ? {} : { default: given };
  // The API server validates a default before it fills in the defaults inside it.
  const inner = Object.entries(json.properties ?? {}).filter(([, value]) => value.default !== undefined);
  return inner.length === 0 ? {} : { default: Object.fromEntries(inner.map(([key, value]) => [key, value.default])) };
}
