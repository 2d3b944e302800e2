import type { Policy } from '../../core/policy/policy.ts';
import type { EndedLookup } from '../../core/session/ended-sessions.ts';
import type { PolicyUpdate__Output } from '../../protos/gen/mcp_gateway/v1/PolicyUpdate.ts';
import { backendFromProto } from './convert.ts';
import { settingsFromProto } from './convert-settings.ts';

/**
 * The policy after an update; the one before if nothing but ended sessions came with it. A snapshot replaces everything except the ended
 * sessions: a restarted watcher may not know all of them, and a session that is forgotten too early would be accepted again.
 */
export function applyUpdate(
  before: Policy | undefined,
  update: PolicyUpdate__Output,
  endedSessions: EndedLookup,
): Policy | undefined {
  const { settings: changed, backends: added = [], removedBackends = [] } = update;
  if (!update.snapshot && !changed && added.length === 0 && removedBackends.length === 0) return before;
  const settings = changed ? settingsFromProto(changed) : before?.settings;
  if (settings === undefined) return before;
  const backends = new Map(update.snapshot ? [] : before?.backends);
  for (const name of removedBackends) backends.delete(name);
  for (const backend of added.map(backendFromProto)) backends.set(backend.name, backend);
  return { settings, backends, endedSessions };
}
