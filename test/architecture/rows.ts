/** The rooms that a room may import besides itself. A room is a folder with code. */
export type Rows = Readonly<Record<string, readonly string[]>>;

/** The top-level folders. Each one with code has a row, except those in `OUTSIDE`. */
export const ROOMS: Rows = {
  core: [],
  protos: [],
  runtime: ['core', 'protos'],
  'ext-authz': ['core', 'protos', 'runtime'],
  'ext-proc': ['core', 'protos', 'runtime'],
  bridge: ['core', 'protos', 'runtime'],
  ledger: ['core', 'protos', 'runtime'],
  envoy: ['core', 'protos', 'runtime'],
  pod: ['core', 'protos', 'runtime'],
  k8s: ['core', 'protos', 'runtime'],
  watcher: ['core', 'protos', 'runtime', 'envoy'],
  control: ['core', 'protos', 'runtime', 'k8s'],
  local: ['core', 'protos', 'runtime', 'envoy'],
  cli: [
    ...['core', 'protos', 'runtime', 'ext-authz', 'ext-proc', 'bridge', 'ledger', 'envoy', 'pod', 'k8s'],
    ...['watcher', 'control', 'local'],
  ],
  scripts: ['core', 'protos', 'runtime', 'envoy', 'k8s'],
};

/** Folders that may import everything, and that only these folders may import. */
export const OUTSIDE: readonly string[] = ['test', 'bench'];

/** Rooms that may read `process.env`. */
export const READS_ENVIRONMENT: readonly string[] = ['cli', 'runtime', 'scripts', ...OUTSIDE];

/** A room with more lines needs rows for its second level, in `INNER_ROOMS`. */
export const LARGE_ROOM_LINES = 3_000;

/** The files directly in a room. */
const TOP = '.';

/** The second level of large rooms. Every folder there has a row; `.` stands for the files directly in the room. */
export const INNER_ROOMS: Readonly<Record<string, Rows>> = {
  // Lowest first.
  core: {
    [TOP]: [],
    access: [TOP],
    identity: [TOP, 'document'],
    lane: [],
    document: [TOP],
    mcp: [TOP, 'access'],
    registry: [TOP, 'access', 'document'],
    session: [TOP, 'document', 'identity'],
    quota: [TOP, 'access', 'mcp', 'registry'],
    tenants: [TOP, 'access', 'document', 'identity', 'quota', 'registry'],
    policy: [TOP, 'access', 'identity', 'registry', 'session', 'tenants'],
    decision: [TOP, 'access', 'document', 'lane', 'mcp', 'policy', 'quota', 'session'],
    admin: [TOP, 'document', 'registry', 'tenants'],
    config: [TOP, 'access', 'admin', 'document', 'identity', 'registry', 'tenants'],
  },
  runtime: {
    files: [],
    logs: [],
    grpc: [],
    http: [],
    'streamable-http': [],
    [TOP]: ['files', 'logs'],
    policy: [TOP, 'grpc', 'logs'],
    processes: [TOP, 'files'],
    registry: [TOP, 'files'],
    state: [TOP, 'files', 'registry'],
  },
  'ext-authz': {
    [TOP]: ['check', 'identity', 'quota'],
    check: ['identity'],
    identity: [],
    quota: ['check', 'identity'],
  },
  k8s: {
    api: [],
    objects: ['api'],
    mcpbackend: ['api', 'objects'],
    operator: ['api', 'objects', 'mcpbackend'],
    registry: ['api', 'objects', 'mcpbackend'],
    admin: ['api', 'objects', 'mcpbackend'],
  },
  // Rooms that use an installation import neither of its two implementations (folder, cluster) nor what serves it (mcp, http).
  control: {
    [TOP]: [],
    documents: [],
    tenants: [TOP, 'documents'],
    backends: [TOP, 'tenants'],
    explain: [TOP, 'backends'],
    helm: [TOP, 'backends', 'tenants'],
    folder: [TOP, 'backends', 'documents', 'explain', 'tenants'],
    cluster: [TOP, 'backends', 'explain'],
    mcp: [TOP, 'backends', 'explain', 'helm', 'tenants'],
    http: [TOP, 'mcp'],
  },
};
