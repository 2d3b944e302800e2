import { basename } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Decision } from '../../core/decision/decision.ts';
import { AnonymousDenials } from '../../ext-authz/anonymous-denials.ts';
import { auditRule } from '../../ext-authz/check/audit-rule.ts';
import type { CheckServices } from '../../ext-authz/check/check.ts';
import { SessionOpener } from '../../ext-authz/check/session-opener.ts';
import { upstreamHeaders } from '../../ext-authz/check/upstream.ts';
import { createHttpServer } from '../../ext-authz/http.ts';
import { TokenVerifier } from '../../ext-authz/identity/verify.ts';
import { QuotaCounts } from '../../ext-authz/quota/counts.ts';
import { QuotaService } from '../../ext-authz/quota/service.ts';
import { SlotRule } from '../../ext-authz/quota/slots.ts';
import { UsageMeter } from '../../ext-authz/quota/usage-meter.ts';
import { addAuthorization } from '../../ext-authz/service.ts';
import { createSink } from '../../ext-authz/sink.ts';
import { serveUnix } from '../../runtime/grpc/server.ts';
import { listenUnix } from '../../runtime/http/unix-server.ts';
import { createLogger } from '../../runtime/log.ts';
import { PolicyClient } from '../../runtime/policy/client.ts';
import { UsageClient } from '../../runtime/policy/usage-client.ts';
import { untilShutdown } from '../../runtime/shutdown.ts';
import { watchSessionKeys } from '../../runtime/state/session-keys.ts';
import { openReportedAudit } from '../audit.ts';
import { type Command, parseOptions, required } from '../command.ts';

const DRAIN_MS = 5_000;

const help = `Usage: mcp-gateway ext-authz --socket PATH --http-socket PATH --watcher PATH --session-keys FILE [--audit FILE]

The request side of the gateway: decides about every request for Envoy (ext_authz v3 over gRPC).
Several processes may run; Envoy balances load between them.

  --socket PATH        Unix socket for Envoy
  --http-socket PATH   Unix socket for the OAuth metadata of RFC 9728, /readyz and /metrics
  --watcher PATH       Unix socket of the watcher, which publishes the policy
  --session-keys FILE  keys that open sessions, one per line: 32 bytes in base64; read again when the file changes
  --audit FILE         file for the audit log of decisions, one JSON object per line; - (default) is standard output
  --log-level LEVEL    trace, debug, info (default), warn, error

SIGTERM: accepts no new requests, answers open requests, exits with 0.`;

/** `mcp-gateway ext-authz` */
export const extAuthz: Command = { summary: 'decide about requests (a role of the gateway)', help, run };

async function run(args: string[]): Promise<number> {
  const { values } = parseOptions('ext-authz', args, {
    socket: { type: 'string' },
    'http-socket': { type: 'string' },
    watcher: { type: 'string' },
    'session-keys': { type: 'string' },
    audit: { type: 'string', default: '-' },
    'log-level': { type: 'string', default: 'info' },
  });
  const option = (name: 'socket' | 'http-socket' | 'watcher' | 'session-keys') =>
    required('ext-authz', name, values[name]);
  const [socket, httpSocket, watcherSocket, keyFile] = [
    option('socket'),
    option('http-socket'),
    option('watcher'),
    option('session-keys'),
  ];
  const log = createLogger({ name: 'ext-authz', level: values['log-level'] });

  const audit = openReportedAudit({ file: values.audit, process: basename(socket, '.sock'), watcherSocket, log });
  const keys = watchSessionKeys(keyFile, log, (changed) => sessions.useKeys(changed));
  const sessions = new SessionOpener(keys.keys);
  let verifier = new TokenVerifier({ issuers: [], log });
  const usageReports = new UsageClient(watcherSocket);
  const usage = new UsageMeter({ process: socket, send: (report) => usageReports.report(report) });
  const counts = new QuotaCounts();
  const quotas = new QuotaService(log, counts);
  const shutdown = untilShutdown();
  const informed = Promise.withResolvers<void>();
  const prepared = Promise.withResolvers<void>();
  const policy = new PolicyClient({
    socket: watcherSocket,
    subscriber: `ext-authz ${socket}`,
    log,
    onPolicy: ({ settings: { issuers, quotas: quotaStore, auditLog } }, before) => {
      quotas.use(quotaStore);
      audit.limit(auditLog);
      informed.resolve();
      if (before !== undefined && isDeepStrictEqual(issuers, before.settings.issuers)) return;
      verifier = new TokenVerifier({ issuers, log, replaced: verifier });
      void verifier.warmUp().then(prepared.resolve);
    },
  });
  const slots = new SlotRule({ watcherSocket, gateways: () => policy.current?.settings.quotas.gateways ?? 1 });
  const settings = () => policy.current?.settings;
  const unaudited = auditRule(settings, () => audit.state.failure !== undefined);
  const admission = [unaudited, slots.rule, quotas.rule];
  const services = (): Omit<CheckServices, 'isAbandoned'> => ({
    policy: policy.current,
    verifier,
    sessions,
    upstream: upstreamHeaders,
    admission,
    now: Date.now,
  });
  const anonymous = new AnonymousDenials({ write: audit.write, settings, now: Date.now });
  const sink = createSink({
    audit: (record) => audit.write(record),
    auditSetting: () => settings()?.audit ?? 'all',
    admit: (decision) => anonymous.admit(decision),
    usage,
    counts,
  });
  const onAbandoned = ({ slot }: Decision) => {
    if (slot !== undefined) slots.release(slot);
  };
  const http = createHttpServer(() => policy.current, {
    get mode() {
      return quotas.mode;
    },
    get metrics() {
      return quotas.metrics + anonymous.metrics + audit.metrics;
    },
  });
  // While there is no socket, Envoy asks another worker. A worker without the policy could only deny.
  await Promise.race([informed.promise, shutdown]);
  await listenUnix(http, httpSocket);
  await Promise.race([prepared.promise, shutdown]);
  const server = await serveUnix(socket, (grpc) => addAuthorization(grpc, { services, sink, onAbandoned, log }));
  log.info({ socket }, 'ready');

  await shutdown;
  await server.stop(DRAIN_MS);
  http.close();
  http.closeAllConnections();
  await usage.close();
  usageReports.close();
  policy.close();
  keys.close();
  quotas.close();
  slots.close();
  anonymous.close();
  await audit.close();
  return 0;
}
