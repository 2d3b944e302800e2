import type { Backend } from '../../core/registry/backend.ts';
import { DEFAULT_PORT } from '../../core/registry/workload.ts';
import { SERVER_CONTAINER, SERVER_PORT } from '../mcpbackend/names.ts';
import { selectorLabels, workloadLabels } from './labels.ts';
import { isObject, mergeTemplate } from './merge.ts';
import { probesOf } from './probes.ts';

/** Time that a pod has to stop after the drain time. */
const STOP_SECONDS = 30;
/** The only writable folder of a server. */
const TMP = '/tmp';
/** Where the bridge finds certificates. */
const SECRETS = '/var/run/mcp-gateway';

/** Port that the server of a backend listens on. */
export function portOf({ image, port }: Backend): number {
  return image === undefined ? DEFAULT_PORT : (port ?? DEFAULT_PORT);
}

/**
 * The pod template of a backend with an image or a command. The backend's `podTemplate` is merged into it, but cannot change the labels
 * that select the pods.
 */
export function podTemplate(backend: Backend, bridgeImage: string): object {
  const drainSeconds = Math.ceil(backend.drain / 1000);
  const template = {
    metadata: { labels: workloadLabels(backend.name) },
    spec: {
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      ...(backend.serviceAccount !== undefined && { serviceAccountName: backend.serviceAccount }),
      ...(backend.imagePullSecrets && { imagePullSecrets: backend.imagePullSecrets.map((name) => ({ name })) }),
      ...(backend.nodeSelector && { nodeSelector: backend.nodeSelector }),
      terminationGracePeriodSeconds: drainSeconds + STOP_SECONDS,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      topologySpreadConstraints: ['kubernetes.io/hostname', 'topology.kubernetes.io/zone'].map((topologyKey) => ({
        maxSkew: 1,
        topologyKey,
        whenUnsatisfiable: 'ScheduleAnyway',
        labelSelector: { matchLabels: selectorLabels(backend.name) },
      })),
      containers: [container(backend, bridgeImage, drainSeconds)],
      volumes: [{ name: 'tmp', emptyDir: {} }, ...tlsVolumes(backend)],
    },
  };
  const merged = mergeTemplate(template, backend.podTemplate ?? {});
  const metadata = isObject(merged) && isObject(merged.metadata) ? merged.metadata : {};
  const labels = isObject(metadata.labels) ? metadata.labels : {};
  return {
    ...(isObject(merged) ? merged : {}),
    metadata: { ...metadata, labels: { ...labels, ...workloadLabels(backend.name) } },
  };
}

function container(backend: Backend, bridgeImage: string, drainSeconds: number): object {
  const { image, args, compute } = backend;
  return {
    name: SERVER_CONTAINER,
    ...(image === undefined ? bridge(backend, bridgeImage) : { image, ...(args && { args }) }),
    env: environment(backend),
    ports: [{ name: SERVER_PORT, containerPort: portOf(backend), protocol: 'TCP' }],
    ...(compute && { resources: { ...compute } }),
    ...probesOf(backend.healthCheck),
    // Sessions continue during the sleep. The server receives SIGTERM only after it.
    ...(drainSeconds > 0 && { lifecycle: { preStop: { sleep: { seconds: drainSeconds } } } }),
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    volumeMounts: [
      { name: 'tmp', mountPath: TMP },
      ...tlsVolumes(backend).map(({ name }) => ({ name, mountPath: `${SECRETS}/${name}`, readOnly: true })),
    ],
  };
}

function bridge(backend: Backend, image: string): { image: string; args: string[] } {
  const { command = [], sseUrl, stdio, sse } = backend;
  const options = ['--host', '0.0.0.0', '--port', String(portOf(backend)), '--path', backend.path];
  const limits = stdio ?? sse;
  if (limits !== undefined) {
    options.push('--max-sessions', String(limits.maxSessions), '--idle', `${Math.ceil(limits.idle / 1000)}s`);
  }
  const server = sseUrl === undefined ? ['--', ...command] : ['--sse', sseUrl, ...tlsFlags(backend)];
  return { image, args: ['bridge', ...options, ...server.map(literal)] };
}

// Only the bridge to a server that speaks HTTP+SSE connects to it itself; to any other server Envoy does.
function tlsVolumes({ sseUrl, caSecret, clientCertificate }: Backend): { name: string; secret: object }[] {
  if (sseUrl === undefined) return [];
  const { secret } = clientCertificate ?? {};
  return [
    ...(caSecret === undefined
      ? []
      : [{ name: 'ca', secret: { secretName: caSecret.name, items: [{ key: caSecret.key, path: 'ca.crt' }] } }]),
    ...(secret === undefined ? [] : [{ name: 'client', secret: { secretName: secret } }]),
  ];
}

function tlsFlags({ caSecret, clientCertificate }: Backend): string[] {
  const client = ['--cert-file', `${SECRETS}/client/tls.crt`, '--key-file', `${SECRETS}/client/tls.key`];
  return [
    ...(caSecret === undefined ? [] : ['--ca-file', `${SECRETS}/ca/ca.crt`]),
    ...(clientCertificate?.secret === undefined ? [] : client),
  ];
}

function environment(backend: Backend): object[] {
  const own: Record<string, string> = { PORT: String(portOf(backend)) };
  // Package runners cache downloads in the home folder.
  if (backend.image === undefined) own.HOME = TMP;
  const plain = Object.entries({ ...own, ...backend.env }).map(([name, value]) => ({ name, value: literal(value) }));
  const secret = Object.entries(backend.secretEnv ?? {}).map(([name, ref]) => ({
    name,
    valueFrom: { secretKeyRef: { name: ref.name, key: ref.key } },
  }));
  const names = new Set(Object.keys(backend.secretEnv ?? {}));
  return [...plain.filter(({ name }) => !names.has(name)), ...secret];
}

// Kubernetes would expand $(NAME). Elsewhere the text is passed on unchanged, so it is escaped here.
function literal(text: string): string {
  return text.replaceAll('$', '$$$$');
}
