import type { BackendObject, BackendStatus, Condition } from '../mcpbackend/object.ts';
import { type ConditionState, no, type Serving } from './condition-states.ts';
import { selectorText } from './labels.ts';

/** Longest message of a condition; the schema takes 32,768 bytes. */
const MAX_MESSAGE = 8_000;

/** All that a status is made of. */
export interface StatusParts {
  accepted: ConditionState;
  /** Undefined where nothing can be said, since it was never accepted. */
  serving: Serving | undefined;
  tenants: ConditionState;
  /** Where the gateway is reached; undefined: not known. */
  publicUrl: string | undefined;
  now: Date;
}

/** The status of an object after what was found. Times of conditions change with their status only. */
export function statusOf(
  object: BackendObject,
  { accepted, serving, tenants, publicUrl, now }: StatusParts,
): BackendStatus {
  const goesOn = serving === undefined ? 'nothing runs' : `what was accepted before goes on: ${serving.ready.message}`;
  const ready = accepted.status === 'True' ? serving?.ready : no('NotAccepted', goesOn);
  const verdicts: [string, ConditionState][] = [
    ['Accepted', accepted],
    ['Ready', ready ?? no('NotAccepted', goesOn)],
    ['Healthy', serving?.healthy ?? no('NotAccepted', 'nothing runs')],
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
    conditions: verdicts.map(([type, verdict]) => condition(object, type, verdict, now)),
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
    // As the API server keeps it: half a character would differ from what is read back, and be written again and again.
    message: (message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE)} …` : message).toWellFormed(),
    observedGeneration: object.generation,
    lastTransitionTime: before?.status === status ? before.lastTransitionTime : at,
  };
}

/** Something that happened to an object, for people (`kubectl describe`). */
export interface Happening {
  type: 'Normal' | 'Warning';
  reason: string;
  note: string;
}

/** What is worth telling of the way from one status to another: a refusal, a new trouble, that all is well. */
export function happenings(before: BackendStatus, after: BackendStatus): Happening[] {
  return after.conditions.flatMap(({ type, status, reason, message }): Happening[] => {
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

/** Reasons that are no trouble, or that another condition tells. */
const QUIET = ['NotAccepted', 'Creating', 'Starting', 'RollingOut', 'ScaledToZero'];
