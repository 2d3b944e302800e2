import { z } from 'zod';
import { issuerSchema } from '../../core/identity/issuer.ts';
import { tenantsSchema } from '../../core/tenants/tenants.ts';
import { specSchema } from '../../k8s/mcpbackend/crd.ts';
import type { Structural } from '../../k8s/mcpbackend/structural.ts';

/** The part of a JSON schema (draft 7) that this chart uses. */
export interface JsonSchema {
  type?: string | string[];
  description?: string;
  enum?: unknown[];
  pattern?: string;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
  minLength?: number;
  maxLength?: number;
  required?: string[];
  properties?: Record<string, JsonSchema>;
  propertyNames?: JsonSchema;
  additionalProperties?: boolean | JsonSchema;
  items?: JsonSchema;
  [keyword: string]: unknown;
}

/** Keywords that do not constrain a value. Defaults are left out because the gateway fills them in itself. */
const WITHOUT_MEANING = ['$schema', 'default', 'durationMs', 'format'];

function fromZod(schema: z.ZodType): JsonSchema {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', target: 'draft-7' });
  return JSON.parse(JSON.stringify(json, (key, value) => (WITHOUT_MEANING.includes(key) ? undefined : value)));
}

/** One issuer, as in gateway.yaml. */
export const ISSUER = fromZod(issuerSchema);

/** A list of tenants, as in tenants.yaml. */
export const TENANTS: JsonSchema = { ...fromZod(tenantsSchema).properties?.tenants, minItems: 0 };

/** The spec of an MCPBackend, as in its CustomResourceDefinition. The API server checks the CEL rules. */
export const BACKEND: JsonSchema = fromStructural(specSchema());

function fromStructural(schema: Structural): JsonSchema {
  const { properties, items, additionalProperties, ...rest } = schema;
  const open = rest['x-kubernetes-preserve-unknown-fields'] === true;
  const kept = Object.entries(rest).filter(([key]) => !key.startsWith('x-') && !WITHOUT_MEANING.includes(key));
  return {
    ...Object.fromEntries(kept),
    ...(rest['x-kubernetes-int-or-string'] === true && { type: ['integer', 'string'] }),
    ...(items && { items: fromStructural(items) }),
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, fromStructural(value)])),
      ...(!open && { additionalProperties: false }),
    }),
    ...(additionalProperties && { additionalProperties: fromStructural(additionalProperties) }),
  };
}
