import type { z } from 'zod';
import { UserError } from '../../core/errors.ts';
import type { Tenant } from '../../core/tenants/tenants.ts';
import type { Installation } from '../installation.ts';
import type { assignResult } from '../results.ts';
import { checkTenants, nameBackend, readTenants, usableBy } from '../tenants/tenants.ts';
import { changeSpec, validBackend } from './spec.ts';

/** A request to assign a backend to tenants. */
export interface Assignment {
  name: string;
  tenants: readonly string[];
  /** `set`: exactly these tenants; `add`: these too; `remove`: all but these. */
  mode: 'set' | 'add' | 'remove';
  dryRun: boolean;
}

/** What an assignment changes. */
export interface AssignmentPlan {
  /** The backend's own list afterwards; undefined: every tenant whose own list names the backend. */
  list: readonly string[] | undefined;
  /** Tenants whose own list must name the backend. */
  name: readonly string[];
}

/**
 * Plans an assignment. A tenant may use a backend if the lists of both agree, so both are updated:
 *
 * | mode   | backend without a list                 | backend with a list       | own lists of the tenants           |
 * |--------|----------------------------------------|---------------------------|------------------------------------|
 * | set    | gets the given tenants                 | gets the given tenants    | those of the given tenants name it |
 * | add    | stays: every tenant that names it      | given tenants are added   | those of the given tenants name it |
 * | remove | gets the tenants that may still use it | given tenants are removed | stay                               |
 */
export function planAssignment(
  { name, tenants: wanted, mode }: Pick<Assignment, 'name' | 'tenants' | 'mode'>,
  list: readonly string[] | undefined,
  tenants: readonly Tenant[],
): AssignmentPlan {
  if (mode === 'set') return { list: [...new Set(wanted)], name: wanted };
  if (mode === 'add') return { list: list && [...new Set([...list, ...wanted])], name: wanted };
  const left = list ?? usableBy(name, undefined, tenants);
  return { list: left.filter((one) => !wanted.includes(one)), name: [] };
}

/** Assigns a backend to tenants. */
export async function assignBackend(
  installation: Installation,
  assignment: Assignment,
): Promise<z.output<typeof assignResult>> {
  const tenants = await readTenants(installation);
  checkTenants(assignment.tenants, tenants);
  const found = await installation.get(assignment.name);
  if (found === undefined) throw noBackend(assignment.name, (await installation.list()).backends);
  const listOf = (spec: Readonly<Record<string, unknown>>) =>
    validBackend({ ...spec, name: assignment.name }, installation.kind).tenants;
  const list = listOf(found.spec);
  const plan = planAssignment(assignment, list, tenants);
  const changed: string[] = [];
  const read = await installation.tenants.read();
  const text = nameBackend(read, installation.tenants.source, assignment.name, plan.name);
  // Tenants first: a tenant that names the backend gains nothing until the backend's list agrees.
  if (text !== read) {
    changed.push(installation.tenants.source);
    if (!assignment.dryRun) {
      await installation.tenants.edit((now) =>
        nameBackend(now, installation.tenants.source, assignment.name, plan.name),
      );
    }
  }
  if (plan.list?.join() !== list?.join()) {
    changed.push(found.source);
    await installation.update(
      assignment.name,
      (spec) => {
        const now = planAssignment(assignment, listOf(spec), tenants).list;
        return changeSpec(spec, now === undefined ? { given: {}, unset: [] } : { given: { tenants: now }, unset: [] });
      },
      { dryRun: assignment.dryRun },
    );
  }
  const after = assignment.dryRun ? tenants : await readTenants(installation);
  const expected = usableBy(assignment.name, plan.list, after);
  return {
    ...{ name: assignment.name, dryRun: assignment.dryRun, changed },
    before: usableBy(assignment.name, list, tenants),
    after: assignment.dryRun ? [...new Set([...expected, ...plan.name])] : expected,
    notes: plan.list?.length === 0 ? ['no tenant may use it now'] : [],
  };
}

/** The error for a backend that does not exist; its hint lists those that do. */
export function noBackend(name: string, backends: readonly { name: string }[]): UserError {
  const names = backends.map((backend) => backend.name);
  return new UserError('no-such', `there is no backend ${JSON.stringify(name)}`, {
    hint: names.length === 0 ? 'No backend is registered yet.' : `Backends: ${names.slice(0, 50).join(', ')}`,
  });
}
