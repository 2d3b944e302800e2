import { backendSchema, clusterBackendSchema } from '../../../core/registry/backend.ts';
import { EMPTY_CATALOG, readCatalog } from '../../../core/registry/catalog.ts';
import { by, table } from '../message-table.ts';

// The wording of every message about a backend. Other tests check paths.

/** The problems of a folder with two files that have the same text. */
const catalogOf = (document: string) =>
  readCatalog(EMPTY_CATALOG, new Map(['a.yaml', 'b.yaml'].map((name) => [name, document]))).problems;

describe('core/registry: messages about', () => {
  table('a backend file', by(backendSchema), 'name: a\n', [
    ['', ': one of command, url and urls is required'],
    [
      'command: [a]\nurl: https://a.example',
      'url: only one of command, url and urls may be given (got "https://a.example")',
    ],
    ['command: []', 'command: must name a program'],
    ['url: [https://a.example]', 'url: must be a single URL; list several under urls'],
    ['url: ftp://a.example', 'url: must be an http or https URL (got "ftp://a.example")'],
    ['url: https://u@a.example', 'url: must not contain credentials (got "https://***@a.example")'],
    ['url: https://a.example?b', 'url: must not have a query or fragment (got "https://a.example?b")'],
    ['url: https://a.example:0', 'url: must not have port 0 (got "https://a.example:0")'],
    [
      'urls: [https://a.example, http://b.example]',
      'urls[1]: must have the scheme and path of the first URL (got "http://b.example")',
    ],
    ['urls: [https://a.example, https://a.example]', 'urls[1]: is listed twice (got "https://a.example")'],
  ]);

  table('a name', by(backendSchema), 'command: [a]\n', [
    ['name: A', 'name: must be a DNS label: at most 63 of a-z, 0-9 and -, with no - at either end (got "A")'],
    ['name: sse', 'name: is reserved for the gateway itself (got "sse")'],
  ]);

  table('a command', by(backendSchema), 'name: a\ncommand: [a]\n', [
    ['transport: ws', 'transport: must be http, stdio or sse (got "ws")'],
    ['transport: sse', 'transport: sse requires a url (got "sse")'],
    ['sse: {}', 'sse: requires transport: sse'],
    ['stdio: {}', 'stdio: requires transport: stdio'],
    [
      'transport: stdio\naffinity: none',
      'affinity: must be session with transport: stdio, where each session has a server of its own (got "none")',
    ],
    ['affinity: sticky', 'affinity: must be session or none (got "sticky")'],
    ['affinityHeader: authorization', 'affinityHeader: must be an Mcp-Param-* header (got "authorization")'],
    ['path: mcp', 'path: must be an absolute URL path without a query, such as /mcp (got "mcp")'],
    ['path: /a/../b', 'path: must not contain . or .. segments (got "/a/../b")'],
    ['healthCheck: {type: grpc}', 'healthCheck.type: must be http, tcp or none (got "grpc")'],
    [
      'healthCheck: {interval: 1s, timeout: 2s}',
      'healthCheck.timeout: must not be longer than the interval (got "2s")',
    ],
    ['env: {"A B": 1}', 'env.A B: must be the name of an environment variable'],
    ['env: {A: [b]}', 'env.A: must be a string, a number, true or false'],
    ['env: {PORT: 1}', 'env: PORT is set by the gateway: every replica gets a port of its own'],
    ['caFile: a', 'caFile: requires https URLs (got "a")'],
    ['roles: ["a b"]', 'roles[0]: must be the name of a role: letters, digits and . _ : / - (got "a b")'],
    [
      'scopes: [{need: ["a b"]}]',
      'scopes[0].need[0]: must be a scope: visible ASCII without spaces, quotes or backslashes (got "a b")',
    ],
    ['scopes: [{need: []}]', 'scopes[0].need: must not be empty'],
    ['identityHeaders: [email]', 'identityHeaders[0]: must be subject, issuer, tenant, roles or scopes (got "email")'],
    ['upstreamAuth: {type: digest, file: f}', 'upstreamAuth.type: must be bearer, basic or header (got "digest")'],
    ['upstreamAuth: {type: bearer}', 'upstreamAuth: must have either file or secret'],
    [
      'upstreamAuth: {type: basic, username: "a:b", file: f}',
      'upstreamAuth.username: must be a user name without colons or control characters (got "a:b")',
    ],
    ['upstreamAuth: {type: header, header: "a b", file: f}', 'upstreamAuth.header: must be a header name (got "a b")'],
    [
      'upstreamAuth: {type: header, header: host, file: f}',
      'upstreamAuth.header: is a header that the gateway or HTTP itself uses (got "host")',
    ],
    ['port: 80', 'port: requires a Kubernetes cluster (got 80)'],
    ['image: a', 'image: requires a Kubernetes cluster; on one machine use command or url (got "a")'],
    [
      'image: "a b"',
      'image: must be the name of an image, such as ghcr.io/acme/jira-mcp:1.2 (got "a b")',
      'image: requires a Kubernetes cluster; on one machine use command or url (got "a b")',
    ],
    ['service: {name: a}', 'service: requires a Kubernetes cluster; on one machine use command or url'],
    ['secretEnv: {A: {name: a, key: b}}', 'secretEnv: requires a Kubernetes cluster; on one machine use env'],
    [
      'upstreamAuth: {type: bearer, secret: {name: a, key: b}}',
      'upstreamAuth.secret: requires a Kubernetes cluster; on one machine use file',
    ],
  ]);

  table('a URL', by(backendSchema), 'name: a\nurl: https://a.example\n', [
    ['transport: stdio', 'transport: stdio requires a command (got "stdio")'],
    ['caSecret: {name: a, key: b}', 'caSecret: requires a Kubernetes cluster; on one machine use caFile'],
    [
      'caSecret: {name: a, key: b}\ncaFile: a',
      'caSecret: requires a Kubernetes cluster; on one machine use caFile',
      'caSecret: cannot be combined with caFile',
    ],
    [
      'clientCertificate: {secret: a}',
      'clientCertificate.secret: requires a Kubernetes cluster; on one machine use certFile and keyFile',
    ],
  ]);

  table('an MCPBackend', by(clusterBackendSchema), 'name: a\n', [
    ['', ': one of image, service, url, urls and command is required'],
    ['command: [a]', 'command: requires transport: stdio in a cluster; use an image for a server that speaks HTTP'],
    ['command: [a]\ntransport: stdio\nport: 80', 'port: requires an image (got 80)'],
    [
      'url: https://a.example\ncaFile: a',
      'caFile: requires a gateway on one machine; in a cluster use caSecret (got "a")',
    ],
    [
      'url: https://a.example\nclientCertificate: {certFile: a, keyFile: b}',
      'clientCertificate.certFile: requires a gateway on one machine; in a cluster use secret (got "a")',
    ],
    ['url: https://a.example\nport: 80', 'port: requires an image, a command or transport: sse (got 80)'],
  ]);

  table('an image', by(clusterBackendSchema), 'name: a\nimage: a\n', [
    ['service: {name: a}', 'service: only one of image, service, url, urls and command may be given'],
    ['cwd: a', 'cwd: requires a gateway on one machine; in a cluster the image sets the working directory (got "a")'],
    [
      'upstreamAuth: {type: bearer, file: f}',
      'upstreamAuth.file: requires a gateway on one machine; in a cluster use secret (got "f")',
    ],
    ['env: {A: 1}\nsecretEnv: {A: {name: a, key: b}}', 'secretEnv.A: is already in env'],
    [
      'secretEnv: {A: {name: A, key: "a b"}}',
      'secretEnv.A.name: must be the name of an object: a-z, 0-9, - and ., with a letter or digit at both ends',
      'secretEnv.A.key: must be a key of a Secret: letters, digits and - _ .',
    ],
    [
      'compute: {limits: {cpu: much}}',
      'compute.limits.cpu: must be a quantity such as 250m, 0.5 or 128Mi (got "much")',
    ],
    ['compute: {limits: {cpu: 0}}', 'compute.limits.cpu: must be more than 0 (got 0)'],
    [
      'podTemplate: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: 1}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}',
      'podTemplate: must not be nested more than 32 levels deep',
    ],
  ]);

  table('a long name', by(clusterBackendSchema), 'image: a\n', [
    [
      'name: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
      'name: must have at most 48 characters if the operator runs the server (got "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")',
    ],
  ]);

  table('two files', catalogOf, 'name: a\ncommand: [a]\n', [['', 'name: the backend a is already defined in a.yaml']]);
});
