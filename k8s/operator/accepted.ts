import type { ApiError } from '../api/errors.ts';
import { workloadName } from '../mcpbackend/names.ts';
import type { BackendObject } from '../mcpbackend/object.ts';
import { type ConditionState, no, yes } from './condition-states.ts';
import { isOwn, type OwnedObject } from './observed.ts';

// The states of the condition Accepted.

export const VALID: ConditionState = yes('Valid', 'the spec is valid');

/** The spec has problems. */
export function invalid(problems: readonly string[]): ConditionState {
  return no('Invalid', problems.join('; '));
}

/** The operator lacks a permission. */
export function forbidden({ message }: ApiError): ConditionState {
  return no('Forbidden', message);
}

/** The API server rejected an object that the spec leads to. */
export function rejected(kind: string, { detail }: ApiError): ConditionState {
  return no('Refused', `the API server rejected the ${kind}: ${detail}`);
}

/** An object of another owner has a name that the operator needs; undefined if there is no such object. */
export function nameTaken(
  backend: Pick<BackendObject, 'name' | 'uid'>,
  found: Pick<OwnedObject, 'controller'> | undefined,
  kind: string,
): ConditionState | undefined {
  if (found === undefined || isOwn(backend, found)) return undefined;
  const { controller } = found;
  // It belongs to a deleted MCPBackend of the same name: garbage collection removes it.
  if (controller?.kind === 'MCPBackend' && controller.name === backend.name) return undefined;
  const whose =
    controller === undefined ? 'has no controller' : `is controlled by the ${controller.kind} ${controller.name}`;
  return no(
    'NameTaken',
    `the ${kind} ${workloadName(backend.name)} exists and ${whose}, so the operator does not change it: delete it, or rename the MCPBackend`,
  );
}
