import { createHash } from 'node:crypto';
import type { Backend } from '../../core/registry/backend.ts';
import { runsProcesses } from '../../core/registry/runs.ts';
import { MCP_BACKENDS, type Resource, SERVICES } from '../api/resources.ts';
import { SERVER_PORT, workloadName } from '../mcpbackend/names.ts';
import { selectorLabels, WANTED_ANNOTATION, workloadLabels } from './labels.ts';
import { podTemplate, portOf } from './pod-template.ts';
import { DISRUPTION_BUDGETS, STATEFUL_SETS } from './resources.ts';

/** Kinds of objects that the operator makes for a backend, in the order of creation. */
export const OWNED_KINDS = [SERVICES, STATEFUL_SETS, DISRUPTION_BUDGETS] as const;

/** One object that should exist, without its namespace. */
export interface DesiredObject {
  resource: Resource;
  name: string;
  /** Hash of the spec. It is also in the annotations of the body. */
  hash: string;
  body: { metadata: { name: string; labels: object; annotations: object; ownerReferences: object[] }; spec: object };
}

/**
 * The objects of a backend; none if its server runs elsewhere.
 *
 * @param uid of the MCPBackend, which owns them: Kubernetes deletes them with it
 */
export function desiredObjects(backend: Backend, uid: string, bridgeImage: string): DesiredObject[] {
  if (!runsProcesses(backend)) return [];
  const name = workloadName(backend.name);
  const selector = { matchLabels: selectorLabels(backend.name) };
  const port = portOf(backend);
  const specs: [Resource, object][] = [
    [
      SERVICES,
      {
        clusterIP: 'None',
        selector: selectorLabels(backend.name),
        ports: [{ name: SERVER_PORT, port, targetPort: SERVER_PORT, protocol: 'TCP', appProtocol: 'http' }],
      },
    ],
    [
      STATEFUL_SETS,
      {
        serviceName: name,
        // Parallel: a replica that does not become ready must block neither the others nor the rollout of a fix.
        podManagementPolicy: 'Parallel',
        replicas: backend.replicas,
        revisionHistoryLimit: 3,
        selector,
        template: podTemplate(backend, bridgeImage),
      },
    ],
    // Even a single replica may be evicted, so that a node can always be drained. An unhealthy replica never blocks an eviction.
    [DISRUPTION_BUDGETS, { maxUnavailable: 1, unhealthyPodEvictionPolicy: 'AlwaysAllow', selector }],
  ];
  return specs.map(([resource, spec]) => desired(resource, backend.name, uid, spec));
}

function desired(resource: Resource, backend: string, uid: string, spec: object): DesiredObject {
  const name = workloadName(backend);
  const hash = createHash('sha256').update(JSON.stringify(spec)).digest('hex').slice(0, 16);
  const owner = {
    apiVersion: MCP_BACKENDS.apiVersion,
    kind: MCP_BACKENDS.kind,
    name: backend,
    uid,
    controller: true,
    blockOwnerDeletion: true,
  };
  const metadata = {
    name,
    labels: workloadLabels(backend),
    annotations: { [WANTED_ANNOTATION]: hash },
    ownerReferences: [owner],
  };
  return { resource, name, hash, body: { metadata, spec } };
}
