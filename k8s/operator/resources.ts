import type { Resource } from '../api/resources.ts';

export const STATEFUL_SETS: Resource = { apiVersion: 'apps/v1', kind: 'StatefulSet', plural: 'statefulsets' };
export const DISRUPTION_BUDGETS: Resource = {
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  plural: 'poddisruptionbudgets',
};
/** What the operator writes. */
export const EVENTS: Resource = { apiVersion: 'events.k8s.io/v1', kind: 'Event', plural: 'events' };
/** The same objects as the operator reads them: only here they can be chosen by the kind of object that they are about. */
export const CORE_EVENTS: Resource = { apiVersion: 'v1', kind: 'Event', plural: 'events' };
