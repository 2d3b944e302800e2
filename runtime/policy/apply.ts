import type { Policy } from '../../core/policy/policy.ts';
import type { PolicyUpdate__Output } from '../../protos/gen/mcp_gateway/v1/PolicyUpdate.ts';
import { backendFromProto } from './convert.ts';
import { settingsFromProto } from './convert-settings.ts';

/**
 * The policy after an update. A snapshot replaces everything except the ended sessions: a restarted watcher may not know all of
 * them, and a session that is forgotten too early would be accepted again.
 */
export function applyUpdate(
  before: Policy | undefined,
  update: PolicyUpdate__Output,
  nowSeconds: number,
): Policy | undefined {
  const settings = update.settings ? settingsFromProto(update.settings) : before?.settings;
  if (settings === undefined) return before;
  const backends = new Map(update.snapshot ? [] : before?.backends);
  for (const name of update.removedBackends ?? []) backends.delete(name);
  for (const backend of (update.backends ?? []).map(backendFromProto)) backends.set(backend.name, backend);
  const endedSessions = new Map(before?.endedSessions);
  for (const { fingerprint, forgetAtSeconds } of update.endedSessions ?? []) {
    endedSessions.set(fingerprint ?? '', Number(forgetAtSeconds ?? 0));
  }
  for (const [fingerprint, forgetAtSeconds] of endedSessions) {
    if (forgetAtSeconds <= nowSeconds) endedSessions.delete(fingerprint);
  }
  return { settings, backends, endedSessions };
}
