import { MAX_WORKLOAD_NAME, RESERVED_NAMES } from '../../core/registry/names.ts';
import { celMs, type Rule } from './structural.ts';

const WHERE = ['image', 'command', 'service', 'url', 'urls'];
const RUNS = "(has(self.image) || has(self.command) || self.transport == 'sse')";
/** The same for the whole object, whose spec is `self.spec`. */
const OBJECT_RUNS = "(has(self.spec.image) || has(self.spec.command) || self.spec.transport == 'sse')";
const HTTPS =
  "((has(self.url) && self.url.startsWith('https:')) || (has(self.urls) && self.urls.all(u, u.startsWith('https:'))))";

const onlyFor = (key: string, condition: string, message: string): Rule => ({
  rule: `!has(self.${key}) || ${condition}`,
  message: `${key} ${message}`,
});

const noDots: Rule = {
  rule: "!self.matches('(^|/)[.]{1,2}(/|$)')",
  message: 'must not contain . or .. segments',
};

const variableNames: Rule = {
  rule: "self.all(name, name.matches('^[A-Za-z_][A-Za-z0-9_]*$'))",
  message: 'names must be environment variables: letters, digits and _, not starting with a digit',
};

const notPort: Rule = { rule: "!('PORT' in self)", message: 'PORT cannot be set here: the operator sets it from port' };

const httpUrl: Rule = {
  rule: "self.matches('^https?://[^/?#@ ]+(/[^?# ]*)?$')",
  message: 'must be an http or https URL without credentials, query or fragment',
};

/**
 * The rules of core/registry that a structural schema cannot express, in CEL, by path in the spec; `*` stands for the values of a
 * mapping or the items of a list. Rules under the empty path apply to the whole object.
 */
export const RULES: Readonly<Record<string, readonly Rule[]>> = {
  '': [
    {
      rule: `!(self.metadata.name in [${[...RESERVED_NAMES].map((name) => `'${name}'`).join(', ')}])`,
      message: 'the name is reserved for the gateway itself',
    },
    {
      rule: "self.metadata.name.matches('^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$')",
      message: 'the name must be a DNS label: at most 63 characters of a-z, 0-9 and -, with no - at either end',
    },
    {
      rule: `!${OBJECT_RUNS} || size(self.metadata.name) <= ${MAX_WORKLOAD_NAME}`,
      message: `the name must have at most ${MAX_WORKLOAD_NAME} characters if the operator runs the server`,
    },
  ],
  spec: [
    {
      rule: `[${WHERE.map((key) => `has(self.${key})`).join(', ')}].filter(given, given).size() == 1`,
      message: 'exactly one of image, command, service, url and urls is required',
    },
    {
      rule: "!has(self.command) || self.transport == 'stdio'",
      message: 'in a cluster a command must have transport: stdio; use an image for a server that speaks HTTP',
    },
    { rule: "self.transport != 'stdio' || has(self.command)", message: 'transport: stdio requires a command' },
    { rule: "self.transport != 'sse' || has(self.url)", message: 'transport: sse requires a url' },
    {
      rule: "self.transport == 'http' || self.affinity == 'session'",
      message: 'affinity must be session with transport: stdio or sse, because each session has its own server',
    },
    onlyFor('stdio', "self.transport == 'stdio'", 'requires transport: stdio'),
    onlyFor('sse', "self.transport == 'sse'", 'requires transport: sse'),
    ...['compute', 'imagePullSecrets', 'nodeSelector', 'serviceAccount', 'podTemplate'].map((key) =>
      onlyFor(key, RUNS, 'requires an image, a command or transport: sse'),
    ),
    ...['args', 'port'].map((key) => onlyFor(key, 'has(self.image)', 'requires an image')),
    ...['caSecret', 'clientCertificate'].map((key) => onlyFor(key, HTTPS, 'requires https URLs')),
    {
      rule: '!has(self.env) || !has(self.secretEnv) || self.secretEnv.all(name, !(name in self.env))',
      message: 'a variable must not be in both env and secretEnv',
    },
  ],
  'spec.env': [variableNames, notPort],
  'spec.secretEnv': [variableNames],
  'spec.path': [noDots],
  'spec.url': [httpUrl],
  'spec.urls.*': [httpUrl],
  'spec.healthCheck': [
    {
      rule: `${celMs('self.timeout')} <= ${celMs('self.interval')}`,
      message: 'timeout must not be longer than interval',
    },
  ],
  'spec.healthCheck.path': [noDots],
  'spec.upstreamAuth': [
    {
      rule: "has(self.username) == (self.type == 'basic')",
      message: 'username is required with type: basic, and not allowed otherwise',
    },
    {
      rule: "has(self.header) == (self.type == 'header')",
      message: 'header is required with type: header, and not allowed otherwise',
    },
  ],
  'spec.upstreamAuth.header': [
    {
      rule: "!self.lowerAscii().matches('^(host|connection|keep-alive|te|trailer|upgrade|content-.*|transfer-encoding|proxy-.*|mcp-.*|x-mcp-.*|x-envoy-.*)$')",
      message: 'must not be a header that the gateway or HTTP itself uses',
    },
  ],
};
