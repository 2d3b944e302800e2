import type { Structural } from './structural.ts';

const text = (description: string, maxLength: number): Structural => ({ type: 'string', description, maxLength });
const count = (description: string): Structural => ({ type: 'integer', format: 'int32', description });

/** A condition as all of Kubernetes has them (metav1.Condition). */
const CONDITION: Structural = {
  type: 'object',
  required: ['type', 'status', 'reason', 'message', 'lastTransitionTime'],
  properties: {
    type: text('Accepted, Ready, Healthy or TenantsValid.', 316),
    status: { type: 'string', enum: ['True', 'False', 'Unknown'] },
    reason: text('Why, for programs.', 1_024),
    message: text('Why, for people.', 32_768),
    observedGeneration: { type: 'integer', format: 'int64', description: 'Generation of the spec that it is about.' },
    lastTransitionTime: { type: 'string', format: 'date-time', description: 'When the status last became another.' },
  },
};

/** The status of an MCPBackend; the operator writes it. */
export const STATUS_SCHEMA: Structural = {
  type: 'object',
  description: 'What became of it. The operator writes it.',
  properties: {
    observedGeneration: { type: 'integer', format: 'int64', description: 'Generation of the spec that this is about.' },
    replicas: count('Pods that there are.'),
    readyReplicas: count('Pods, or endpoints of a service, that are ready.'),
    selector: text('Label selector of the pods, for autoscalers.', 512),
    url: text('Where clients find it, where the operator was told the public URL of the gateway.', 4_096),
    conditions: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['type'],
      items: CONDITION,
    },
  },
};
