import { expect } from 'chai';
import { backendSchema, clusterBackendSchema } from '../../core/registry/backend.ts';
import type { SecretState } from '../../runtime/registry/source.ts';
import { toStatus } from '../../watcher/health/status.ts';
import { ClusterSecrets } from '../../watcher/secrets/cluster-secrets.ts';
import { SecretFiles } from '../../watcher/secrets/secret-files.ts';
import { AdminBackendSource } from '../../watcher/source/admin-backend.ts';
import { UrlEndpoints } from '../../watcher/source/url-endpoints.ts';
import { capturedLog } from '../ext-authz/captured-log.ts';
import { tlsPair } from '../fixtures/tls/files.ts';

const inCluster = (more: object) => clusterBackendSchema.parse({ name: 'a', url: 'https://a.example', ...more });
const AUTH = inCluster({ upstreamAuth: { type: 'bearer', secret: { name: 's', key: 'token' } } });
const PAIR = inCluster({ clientCertificate: { secret: 'pair' } });
const CA = inCluster({ caSecret: { name: 'ca', key: 'ca.crt' } });
const data = (entries: Record<string, string>): SecretState => ({ data: new Map(Object.entries(entries)) });

function notesInCluster(backend: typeof AUTH, ...states: SecretState[]): string[] {
  let current: SecretState = 'unknown';
  const secrets = new ClusterSecrets({ keepOnly: () => undefined, get: () => current });
  let notes: string[] = [];
  for (const state of states) {
    current = state;
    notes = secrets.notesOf(backend);
  }
  return notes;
}

async function notesOfFile(): Promise<string[]> {
  const secrets = new SecretFiles({ folder: '/nowhere', log: capturedLog().log, onChange: () => undefined });
  const upstreamAuth = { type: 'bearer', file: 'token' };
  return secrets.notesOf(backendSchema.parse({ name: 'a', url: 'https://a.example', upstreamAuth }));
}

async function notesOfUrl(url: string, isForbidden = false): Promise<string[]> {
  const resolve = (host: string) => Promise.reject(new Error(`${host} unknown`));
  const urls = new UrlEndpoints(
    () => undefined,
    resolve,
    () => isForbidden,
  );
  const backend = backendSchema.parse({ name: 'a', url });
  urls.notesOf(backend);
  await new Promise(setImmediate);
  const notes = urls.notesOf(backend);
  urls.keepOnly([]);
  return notes;
}

function reasonsOf(rejection?: string): string[] {
  const entry = { backend: backendSchema.parse({ name: 'a', command: ['x'], replicas: 0 }), endpoints: [] };
  const rest = { health: undefined, diagnoses: new Map(), notes: [], lacksSecrets: false };
  return toStatus({ entry: { ...entry, drainUntilMs: undefined }, rejection, ...rest }).reasons;
}

function adminProblems(): string[] {
  const source = new AdminBackendSource(undefined);
  return source.problems({ tenants: ['red'] }, [], 'gateway.yaml').map(({ message }) => message);
}

const { cert } = tlsPair('client-one');
const { key } = tlsPair('client-two');
const valid = data({ 'tls.crt': cert, 'tls.key': tlsPair('client-one').key });

const TABLE: [text: string, messages: () => string[] | Promise<string[]>][] = [
  ['requests are denied: upstreamAuth: the Secret s has not been read yet', () => notesInCluster(AUTH, 'unknown')],
  ['requests are denied: upstreamAuth: forbidden', () => notesInCluster(AUTH, { problem: 'forbidden' })],
  ['requests are denied: upstreamAuth: the Secret s has no key token', () => notesInCluster(AUTH, data({ x: 'y' }))],
  [
    'requests are denied: upstreamAuth: token of the Secret s must hold 1 to 8,192 characters of visible ASCII',
    () => notesInCluster(AUTH, data({ token: 'ä' })),
  ],
  [
    'requests are denied: clientCertificate: tls.key of the Secret pair is not the key of the first certificate in tls.crt of the Secret pair',
    () => notesInCluster(PAIR, data({ 'tls.crt': cert, 'tls.key': key })),
  ],
  [
    'keeping the last good one: clientCertificate: the Secret pair has no key tls.crt',
    () => notesInCluster(PAIR, valid, data({})),
  ],
  [
    'requests are denied: caSecret: ca.crt of the Secret ca holds no PEM certificate',
    () => notesInCluster(CA, data({ 'ca.crt': 'nothing' })),
  ],
  ['requests are denied: upstreamAuth: /nowhere/token cannot be read', notesOfFile],
  ['the name a.example does not resolve (a.example unknown)', () => notesOfUrl('https://a.example')],
  [
    "127.0.0.1 is not used: 127.0.0.1 is an address of the gateway's own machine or of its cloud",
    () => notesOfUrl('http://127.0.0.1', true),
  ],
  ['replicas is 0', () => reasonsOf()],
  ['Envoy rejected its configuration: bad', () => reasonsOf('bad')],
  ['takes effect after a restart of the gateway', adminProblems],
];

describe('messages of the watcher', () => {
  for (const [text, messages] of TABLE) {
    it(text, async () => expect(await messages()).to.include(text));
  }
});
