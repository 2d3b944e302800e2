import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { PolicyServiceClient } from '../../protos/gen/mcp_gateway/v1/PolicyService.ts';
import type { PolicyUpdate__Output } from '../../protos/gen/mcp_gateway/v1/PolicyUpdate.ts';
import { policyClient } from '../../protos/load.ts';
import { FolderRegistry } from '../../runtime/registry/folder.ts';
import { startWatcher } from '../../watcher/watcher.ts';
import { capturedLog } from '../ext-authz/captured-log.ts';
import { clientOn, serveAnywhere } from '../runtime/grpc/socket.ts';
import { Messages } from '../runtime/grpc/stream.ts';
import { emptyFolder } from '../runtime/processes/folder.ts';

type Document = Record<string, unknown>;

/** The documents of a gateway on one machine. */
export interface Documents {
  /** More of gateway.yaml. */
  settings?: Document;
  /** The tenants of tenants.yaml. Default: one. */
  tenants?: Document[];
  /** Backends by file name without its ending. */
  backends?: Record<string, Document>;
  /** Endpoint files by backend. */
  endpoints?: Record<string, Document[]>;
  /** Other files by path. */
  files?: Record<string, string>;
}

/** A watcher of these documents. */
export interface TestWatcher {
  /**
   * The snapshot that a new subscriber gets, with the ended sessions that come before it, in hex. Paths are relative to `/gateway`, and
   * the version is left out.
   */
  firstUpdate(): Promise<Omit<PolicyUpdate__Output, 'version' | 'endedSessions'> & { endedSessions: string }>;
  /** Deletes the file of a backend. */
  remove(backend: string): void;
  stop(): Promise<void>;
}

const TENANT = { name: 'engineering', match: [{ tenant: 'engineering' }] };

/** Writes the documents into a new folder and starts a watcher that no Envoy is connected to. */
export async function startTestWatcher(documents: Documents): Promise<TestWatcher> {
  const { settings = {}, tenants = [TENANT], backends = {}, endpoints = {}, files = {} } = documents;
  const folder = emptyFolder();
  const write = (path: string, text: string) => {
    writeFileSync(join(folder, `${path}.new`), text);
    renameSync(join(folder, `${path}.new`), join(folder, path));
  };
  for (const name of ['backends', 'endpoints']) mkdirSync(join(folder, name));
  for (const [path, text] of Object.entries(files)) write(path, text);
  for (const [name, list] of Object.entries(endpoints)) {
    write(`endpoints/${name}.json`, JSON.stringify({ backend: name, endpoints: list }));
  }
  for (const [name, backend] of Object.entries(backends)) write(`backends/${name}.yaml`, stringify(backend));
  write('tenants.yaml', stringify({ tenants }));
  write(
    'gateway.yaml',
    stringify({ issuer: 'development', ...settings, backends: 'backends', tenants: 'tenants.yaml' }),
  );

  const { log } = capturedLog();
  const failed = Promise.withResolvers<never>();
  const watcher = startWatcher({
    configFile: join(folder, 'gateway.yaml'),
    openRegistry: async (_config, hooks) =>
      new FolderRegistry({
        ...{ folder, log, backends: 'backends', tenants: 'tenants.yaml', ...hooks },
        endpointsFolder: join(folder, 'endpoints'),
      }),
    onFailed: failed.reject,
    endedSessionsFile: join(folder, 'ended-sessions'),
    adminSocket: join(folder, 'admin.sock'),
    systemCaFile: '/etc/ssl/certs/ca-certificates.crt',
    listenerSecretFile: undefined,
    admin: undefined,
    facts: {
      ...{ listenUrl: 'http://127.0.0.1:8080', developmentIssuer: 'http://127.0.0.1:9000' },
      ...{ folder, workers: 2 },
    },
    allowLocalUrls: false,
    log,
  });
  const server = await serveAnywhere((grpc) => watcher.addTo(grpc));
  const client: PolicyServiceClient = clientOn(server.socket, policyClient());
  return {
    firstUpdate: async () => {
      const subscriber = new Messages(client.Subscribe());
      subscriber.stream.write({ subscriber: 'test', appliedVersion: 0 });
      let endedSessions = '';
      for (;;) {
        const { version: _, endedSessions: ended, ...update } = await Promise.race([subscriber.next(), failed.promise]);
        endedSessions += ended?.toString('hex') ?? '';
        if (!update.snapshot) continue;
        subscriber.stream.cancel();
        return JSON.parse(JSON.stringify({ ...update, endedSessions }).replaceAll(folder, '/gateway'));
      }
    },
    remove: (backend) => rmSync(join(folder, 'backends', `${backend}.yaml`)),
    stop: async () => {
      watcher.close();
      client.close();
      await server.stop(0);
    },
  };
}
