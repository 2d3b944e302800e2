import { clusterBackendSchema } from '../../../core/registry/backend.ts';
import { desiredObjects } from '../../../k8s/operator/desired.ts';
import { expectGolden } from '../../support/golden.ts';

const STDIO = { command: ['npx', '-y', '@scope/server', '$HOME'], transport: 'stdio' };
const IMAGE = { image: 'ghcr.io/acme/server:1.2' };

/** Specs of MCPBackends, by the name of their golden file. */
const SPECS: Readonly<Record<string, object>> = {
  image: { ...IMAGE, args: ['--port', '$(PORT)'], port: 9000, path: '/rpc', replicas: 3 },
  'stdio-bridge': STDIO,
  'stdio-limits': { ...STDIO, stdio: { maxSessions: 20, idle: '10m' }, env: { HOME: '/home/node' } },
  sse: { url: 'https://mcp.example.com/sse', transport: 'sse' },
  'sse-tls': {
    ...{ url: 'https://mcp.example.com/sse', transport: 'sse', sse: { maxSessions: 20, idle: '10m' } },
    ...{ caSecret: { name: 'authority', key: 'ca.pem' }, clientCertificate: { secret: 'client' } },
  },
  compute: {
    ...IMAGE,
    compute: { requests: { cpu: '250m', memory: '256Mi' }, limits: { cpu: 1, memory: '512Mi' } },
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    serviceAccount: 'acme',
  },
  'probes-http': {
    ...IMAGE,
    healthCheck: { type: 'http', path: '/up', interval: '1500ms', timeout: '100ms', unhealthyThreshold: 2 },
  },
  'probes-tcp': { ...IMAGE, healthCheck: { type: 'tcp', interval: '30s', healthyThreshold: 2 } },
  'probes-none': { ...IMAGE, healthCheck: { type: 'none' } },
  volumes: {
    ...IMAGE,
    podTemplate: {
      metadata: { annotations: { 'acme.example/owner': 'search' } },
      spec: {
        tolerations: [{ key: 'search', operator: 'Exists' }],
        containers: [{ name: 'server', volumeMounts: [{ name: 'index', mountPath: '/index', readOnly: true }] }],
        volumes: [{ name: 'index', persistentVolumeClaim: { claimName: 'index' } }],
      },
    },
  },
  secrets: {
    ...IMAGE,
    env: { LOG_LEVEL: 'info', RETRIES: 5 },
    secretEnv: { TOKEN: { name: 'acme', key: 'token' } },
    imagePullSecrets: ['registry'],
  },
  drain: { ...IMAGE, drain: '90s' },
  'drain-none': { ...IMAGE, drain: '0s' },
};

describe('the objects that the operator makes for an MCPBackend', () => {
  for (const [name, spec] of Object.entries(SPECS)) {
    it(name, () => {
      const backend = clusterBackendSchema.parse({ name: 'acme', ...spec });
      const objects = desiredObjects(backend, '4e1fbd0a-0000-4000-8000-000000000000', 'ghcr.io/mcp-gateway/bridge:1');
      expectGolden(
        `operator/${name}.json`,
        objects.map(({ resource: { apiVersion, kind }, body }) => ({ apiVersion, kind, ...body })),
      );
    });
  }
});
