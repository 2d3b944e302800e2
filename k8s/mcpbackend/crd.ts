import { clusterBackendSchema } from '../../core/registry/backend.ts';
import { MCP_BACKENDS } from '../api/resources.ts';
import { DESCRIPTIONS } from './descriptions.ts';
import { RULES } from './rules.ts';
import { STATUS_SCHEMA } from './status-schema.ts';
import { type Structural, structuralOf } from './structural.ts';

/** Keys of a backend file that a spec does not have: the name is that of the object, and paths of files exist only on one machine. */
const NOT_IN_SPEC = [
  'name',
  'cwd',
  'caFile',
  'upstreamAuth.file',
  'clientCertificate.certFile',
  'clientCertificate.keyFile',
];
/** Keys that are optional in a backend file, which has an alternative, and required in a spec. */
const REQUIRED = ['upstreamAuth.secret', 'clientCertificate.secret'];
/** Bounds that only the API server needs, to estimate the maximum cost of a CEL rule. */
const BOUNDS: Readonly<Record<string, Structural>> = {
  env: { maxProperties: 256 },
  secretEnv: { maxProperties: 256 },
};

const [GROUP = '', VERSION = ''] = MCP_BACKENDS.apiVersion.split('/');

/** The schema of a spec: that of core/registry with CEL rules and descriptions. */
export function specSchema(): Structural {
  return refine(structuralOf(clusterBackendSchema), '');
}

function refine(schema: Structural, path: string): Structural {
  const at = (key: string) => (path === '' ? key : `${path}.${key}`);
  const description = DESCRIPTIONS[path];
  const rules = [
    ...(schema['x-kubernetes-validations'] ?? []),
    ...(RULES[path === '' ? 'spec' : `spec.${path}`] ?? []),
  ];
  const kept = Object.entries(schema.properties ?? {}).filter(([key]) => !NOT_IN_SPEC.includes(at(key)));
  const required = [
    ...(schema.required ?? []),
    ...kept.map(([key]) => key).filter((key) => REQUIRED.includes(at(key))),
  ].filter((key) => !NOT_IN_SPEC.includes(at(key)));
  const { properties, required: _, items, additionalProperties, ...rest } = schema;
  return {
    ...(description !== undefined && { description }),
    ...rest,
    ...BOUNDS[path],
    ...(required.length > 0 && { required }),
    ...(properties && { properties: Object.fromEntries(kept.map(([key, value]) => [key, refine(value, at(key))])) }),
    ...(items && { items: refine(items, at('*')) }),
    ...(additionalProperties && { additionalProperties: refine(additionalProperties, at('*')) }),
    ...(rules.length > 0 && { 'x-kubernetes-validations': rules }),
  };
}

const conditionColumn = (name: string, type: string, field: string, priority: number) => ({
  name,
  type: 'string',
  jsonPath: `.status.conditions[?(@.type=="${type}")].${field}`,
  ...(priority > 0 && { priority }),
});

/** The CustomResourceDefinition of MCPBackend. */
export function customResourceDefinition(): object {
  const { kind, plural } = MCP_BACKENDS;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${GROUP}` },
    spec: {
      group: GROUP,
      scope: 'Namespaced',
      names: { kind, plural, singular: 'mcpbackend', shortNames: ['mcpb'], categories: ['mcp'] },
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          additionalPrinterColumns: [
            conditionColumn('Ready', 'Ready', 'status', 0),
            { name: 'Replicas', type: 'integer', jsonPath: '.status.readyReplicas' },
            { name: 'Affinity', type: 'string', jsonPath: '.spec.affinity' },
            { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
            conditionColumn('Reason', 'Ready', 'reason', 1),
            conditionColumn('Healthy', 'Healthy', 'status', 1),
            { name: 'Desired', type: 'integer', jsonPath: '.spec.replicas', priority: 1 },
            { name: 'URL', type: 'string', jsonPath: '.status.url', priority: 1 },
          ],
          subresources: {
            status: {},
            scale: {
              specReplicasPath: '.spec.replicas',
              statusReplicasPath: '.status.replicas',
              labelSelectorPath: '.status.selector',
            },
          },
          schema: {
            openAPIV3Schema: {
              type: 'object',
              description: 'One MCP server behind the gateway, at <gateway>/<name>/mcp.',
              required: ['spec'],
              properties: { spec: specSchema(), status: STATUS_SCHEMA },
              'x-kubernetes-validations': RULES[''],
            },
          },
        },
      ],
    },
  };
}
