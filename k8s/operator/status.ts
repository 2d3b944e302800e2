import type { BackendObject, BackendStatus, Condition } from '../mcpbackend/object.ts';
import { type ConditionState, no, type Serving } from './condition-states.ts';
import { selectorText } from './labels.ts';

/** Longest message of a condition. The schema allows 32,768 bytes. */
const MAX_MESSAGE = 8_000;

/** What a status is computed from. */
export interface StatusParts {
  accepted: ConditionState;
  /** Undefined if the backend was never accepted. */
  serving: Serving | undefined;
  tenants: ConditionState;
  /** URL at which clients reach the gateway; undefined: not known. */
  publicUrl: string | undefined;
  now: Date;
}

/** The status of an object. The time of a condition changes only with its status. */
export function statusOf(
  object: BackendObject,
  { accepted, serving, tenants, publicUrl, now }: StatusParts,
): BackendStatus {
  const kept = serving === undefined ? 'no server runs' : `keeping the last accepted version: ${serving.ready.message}`;
  const ready = accepted.status === 'True' ? serving?.ready : no('NotAccepted', kept);
  const states: [string, ConditionState][] = [
    ['Accepted', accepted],
    ['Ready', ready ?? no('NotAccepted', kept)],
    ['Healthy', serving?.healthy ?? no('NotAccepted', 'no server runs')],
    ['TenantsValid', tenants],
  ];
  const counts = serving === undefined ? { replicas: 0, readyReplicas: 0 } : serving;
  const runs = counts.replicas !== undefined;
  return {
    observedGeneration: object.generation,
    ...(counts.replicas !== undefined && { replicas: counts.replicas }),
    ...(counts.readyReplicas !== undefined && { readyReplicas: counts.readyReplicas }),
    ...(runs && { selector: selectorText(object.name) }),
    ...(publicUrl !== undefined && { url: `${publicUrl.replace(/\/+$/, '')}/${object.name}/mcp` }),
    conditions: states.map(([type, state]) => condition(object, type, state, now)),
  };
}

function condition(
  object: BackendObject,
  type: string,
  { status, reason, message }: ConditionState,
  now: Date,
): Condition {
  const before = object.status.conditions.find((each) => each.type === type);
  const at = `${now.toISOString().slice(0, 19)}Z`;
  return {
    type,
    status,
    reason,
    // As the API server stores it: half a character would differ from what is read back, and be written again and again.
    message: (message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE)} …` : message).toWellFormed(),
    observedGeneration: object.generation,
    lastTransitionTime: before?.status === status ? before.lastTransitionTime : at,
  };
}

/** An event about an object, which `kubectl describe` shows. */
export interface ObjectEvent {
  type: 'Normal' | 'Warning';
  reason: string;
  note: string;
}

/** The events for a change of status: a spec that is not accepted, a new problem, and readiness. */
export function transitionEvents(before: BackendStatus, after: BackendStatus): ObjectEvent[] {
  return after.conditions.flatMap(({ type, status, reason, message }): ObjectEvent[] => {
    const known = before.conditions.find((each) => each.type === type);
    const isNew = known?.status !== status || known.reason !== reason;
    if (type === 'Accepted' && status === 'False' && (isNew || known?.message !== message)) {
      return [{ type: 'Warning', reason, note: message }];
    }
    if (type !== 'Ready' || !isNew) return [];
    if (status === 'True') return [{ type: 'Normal', reason, note: message }];
    return QUIET.includes(reason) ? [] : [{ type: 'Warning', reason, note: message }];
  });
}

/** Reasons that are not a problem, or that another condition reports. */
const QUIET = ['NotAccepted', 'Creating', 'Starting', 'RollingOut', 'ScaledToZero'];
