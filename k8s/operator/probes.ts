import type { HealthCheck } from '../../core/registry/backend.ts';
import { SERVER_PORT } from '../mcpbackend/names.ts';

/** Time that a server has to pass its first health check. */
const START_SECONDS = 300;
const START_PERIOD_SECONDS = 2;
/** A restart ends all sessions of a replica, so it takes this many times the failures that take the replica out of service. */
const RESTART_FACTOR = 3;

const wholeSeconds = (ms: number) => Math.max(1, Math.ceil(ms / 1000));

/** The probes of a server's container for a health check; none for `type: none`. Probes use whole seconds. */
export function probesOf(check: HealthCheck): Record<string, object> {
  if (check.type === 'none') return {};
  const action =
    check.type === 'http'
      ? { httpGet: { path: check.path, port: SERVER_PORT, scheme: 'HTTP' } }
      : { tcpSocket: { port: SERVER_PORT } };
  const periodSeconds = wholeSeconds(check.interval);
  const timeoutSeconds = wholeSeconds(check.timeout);
  return {
    startupProbe: {
      ...action,
      periodSeconds: START_PERIOD_SECONDS,
      timeoutSeconds,
      failureThreshold: START_SECONDS / START_PERIOD_SECONDS,
    },
    readinessProbe: {
      ...action,
      periodSeconds,
      timeoutSeconds,
      failureThreshold: check.unhealthyThreshold,
      successThreshold: check.healthyThreshold,
    },
    livenessProbe: {
      ...action,
      periodSeconds,
      timeoutSeconds,
      failureThreshold: check.unhealthyThreshold * RESTART_FACTOR,
    },
  };
}
