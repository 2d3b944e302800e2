import { BACKEND_LABEL } from '../mcpbackend/names.ts';

/** Annotation that holds a hash of the spec that the operator last applied. */
export const WANTED_ANNOTATION = 'mcpgateway.dev/wanted';

/** Labels that select the pods of a backend. They never change. */
export function selectorLabels(backend: string): Record<string, string> {
  return { 'app.kubernetes.io/name': 'mcp-backend', 'app.kubernetes.io/instance': backend };
}

/** All labels of the objects that the operator makes for a backend. */
export function workloadLabels(backend: string): Record<string, string> {
  return {
    ...selectorLabels(backend),
    'app.kubernetes.io/managed-by': 'mcp-gateway-operator',
    [BACKEND_LABEL]: backend,
  };
}

/** The label selector as text, for the scale subresource. */
export function selectorText(backend: string): string {
  return Object.entries(selectorLabels(backend))
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}
