/** Where a backend is defined: in a file of a folder, or as an object of a Kubernetes cluster. */
export type RegistryKind = 'folder' | 'cluster';

/** A key that a registry of one kind does not support. */
export interface UnsupportedKey {
  path: string[];
  /** Why not, and what to use instead. */
  message: string;
}

/** The keys of a backend that differ between the kinds. */
interface KeysByKind {
  transport: 'http' | 'stdio' | 'sse';
  command?: unknown;
  image?: unknown;
  service?: unknown;
  url?: unknown;
  secretEnv?: unknown;
  cwd?: unknown;
  caFile?: unknown;
  caSecret?: unknown;
  upstreamAuth?: { file?: unknown; secret?: unknown } | undefined;
  clientCertificate?: { certFile?: unknown; secret?: unknown } | undefined;
}

const NEEDS_CLUSTER = 'requires a Kubernetes cluster';
// Otherwise a user who may create a backend could have any file of the gateway's pod sent to a server of their own.
const NEEDS_MACHINE = 'requires a gateway on one machine';

/** The keys of a backend that its registry does not support: a folder has no Secrets, and a cluster cannot read files of a machine. */
export function unsupportedKeys(backend: KeysByKind, kind: RegistryKind): UnsupportedKey[] {
  const { upstreamAuth, clientCertificate } = backend;
  const rules: [given: boolean, path: string[], message: string][] =
    kind === 'folder'
      ? [
          [backend.image !== undefined, ['image'], `${NEEDS_CLUSTER}; on one machine use command or url`],
          [backend.service !== undefined, ['service'], `${NEEDS_CLUSTER}; on one machine use command or url`],
          [backend.secretEnv !== undefined, ['secretEnv'], `${NEEDS_CLUSTER}; on one machine use env`],
          [backend.caSecret !== undefined, ['caSecret'], `${NEEDS_CLUSTER}; on one machine use caFile`],
          [upstreamAuth?.secret !== undefined, ['upstreamAuth', 'secret'], `${NEEDS_CLUSTER}; on one machine use file`],
          [
            clientCertificate?.secret !== undefined,
            ['clientCertificate', 'secret'],
            `${NEEDS_CLUSTER}; on one machine use certFile and keyFile`,
          ],
        ]
      : [
          [
            backend.command !== undefined && backend.transport !== 'stdio',
            ['command'],
            'requires transport: stdio in a cluster; use an image for a server that speaks HTTP',
          ],
          [backend.cwd !== undefined, ['cwd'], `${NEEDS_MACHINE}; in a cluster the image sets the working directory`],
          [backend.caFile !== undefined, ['caFile'], `${NEEDS_MACHINE}; in a cluster use caSecret`],
          [upstreamAuth?.file !== undefined, ['upstreamAuth', 'file'], `${NEEDS_MACHINE}; in a cluster use secret`],
          [
            clientCertificate?.certFile !== undefined,
            ['clientCertificate', 'certFile'],
            `${NEEDS_MACHINE}; in a cluster use secret`,
          ],
        ];
  return rules.filter(([given]) => given).map(([, path, message]) => ({ path, message }));
}
