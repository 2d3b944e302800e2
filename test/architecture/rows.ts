/** Which rooms a room may import, besides itself. A room is a folder that holds code. */
export type Rows = Readonly<Record<string, readonly string[]>>;

/** The top-level folders. Each one that holds code has a row, except those in `OUTSIDE`. */
export const ROOMS: Rows = {
  core: [],
  protos: [],
  runtime: ['core', 'protos'],
  'ext-authz': ['core', 'protos', 'runtime'],
  'ext-proc': ['core', 'protos', 'runtime'],
  envoy: ['core', 'protos', 'runtime'],
  k8s: ['core', 'protos', 'runtime'],
  bridge: ['core', 'protos', 'runtime'],
  cli: ['core', 'protos', 'runtime', 'ext-authz', 'ext-proc', 'envoy', 'k8s', 'bridge'],
  scripts: ['core', 'protos', 'runtime', 'ext-authz', 'ext-proc', 'envoy', 'k8s', 'bridge', 'cli'],
};

/** Folders that may import everything and that only they themselves may import. */
export const OUTSIDE: readonly string[] = ['test', 'bench'];

/** Rooms that may read `process.env`. */
export const READS_ENVIRONMENT: readonly string[] = ['cli', 'runtime', 'scripts', ...OUTSIDE];

/** A room with more lines than this needs rows for its second level, in `INNER_ROOMS`. */
export const LARGE_ROOM_LINES = 3_000;

/** The files directly in a room. */
const TOP = '.';

/** The second level of large rooms. Every folder there has a row; `.` stands for the files directly in the room. */
export const INNER_ROOMS: Readonly<Record<string, Rows>> = {
  core: {
    [TOP]: [],
    access: [TOP, 'tenants'],
    config: [TOP, 'access', 'identity', 'registry', 'tenants'],
    identity: [TOP],
    mcp: [TOP, 'access'],
    policy: [TOP, 'access', 'identity', 'registry', 'tenants'],
    quota: [TOP, 'access', 'mcp', 'registry'],
    registry: [TOP, 'access', 'config', 'tenants'],
    session: [TOP, 'config', 'identity'],
    tenants: [TOP, 'access', 'config', 'identity', 'quota', 'registry'],
  },
  'ext-authz': {
    [TOP]: ['check', 'identity', 'quota'],
    check: ['identity'],
    identity: [],
    quota: ['check', 'identity'],
  },
  envoy: {
    [TOP]: ['tls'],
    ads: [],
    binary: [],
    pod: [TOP],
    tls: [],
    watcher: [TOP, 'ads', 'tls'],
  },
  k8s: {
    api: [],
    crd: ['api'],
    operator: ['api', 'crd'],
    registry: ['api', 'operator'],
    admin: ['api', 'operator'],
  },
  cli: {
    [TOP]: ['commands'],
    admin: [TOP, 'manage', 'serve'],
    clients: [TOP, 'manage'],
    commands: [TOP, 'admin', 'clients', 'completion', 'development-issuer', 'manage', 'quota', 'serve', 'up'],
    completion: [TOP],
    'development-issuer': [TOP],
    manage: [TOP, 'quota', 'up'],
    quota: [TOP],
    serve: [TOP, 'development-issuer', 'manage'],
    up: [TOP, 'development-issuer'],
  },
};
