import type { Structural } from './structural.ts';

const text = (description: string, maxLength: number): Structural => ({ type: 'string', description, maxLength });
const count = (description: string): Structural => ({ type: 'integer', format: 'int32', description });

/** A condition (metav1.Condition). */
const CONDITION: Structural = {
  type: 'object',
  required: ['type', 'status', 'reason', 'message', 'lastTransitionTime'],
  properties: {
    type: text('Accepted, Ready, Healthy or TenantsValid.', 316),
    status: { type: 'string', enum: ['True', 'False', 'Unknown'] },
    reason: text('Why, as one CamelCase word for programs.', 1_024),
    message: text('Why, for display.', 32_768),
    observedGeneration: {
      type: 'integer',
      format: 'int64',
      description: 'Generation of the spec that the condition was computed from.',
    },
    lastTransitionTime: { type: 'string', format: 'date-time', description: 'When the status last changed.' },
  },
};

/** The status of an MCPBackend; the operator writes it. */
export const STATUS_SCHEMA: Structural = {
  type: 'object',
  description: 'State of the backend as last observed by the operator.',
  properties: {
    observedGeneration: {
      type: 'integer',
      format: 'int64',
      description: 'Generation of the spec that the status was computed from.',
    },
    replicas: count('Number of pods that exist.'),
    readyReplicas: count('Number of pods, or of endpoints of the Service, that are ready.'),
    selector: text('Label selector of the pods, for autoscalers.', 512),
    url: text('URL for clients; set if the operator has the public URL of the gateway.', 4_096),
    conditions: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['type'],
      items: CONDITION,
    },
  },
};
