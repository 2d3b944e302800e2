import type { z } from 'zod';
import { UserError } from '../../core/errors.ts';
import type { Tenant } from '../../core/tenants/tenants.ts';
import type { Installation } from '../installation.ts';
import type { assignResult } from '../results.ts';
import { checkTenants, nameBackend, readTenants, usableBy } from '../tenants/tenants.ts';
import { changeSpec, soundSpec } from './spec.ts';

/** Who is to use a backend. */
export interface Assignment {
  name: string;
  tenants: readonly string[];
  /** `set`: exactly these; `add`: these, too; `remove`: all but these. */
  mode: 'set' | 'add' | 'remove';
  dryRun: boolean;
}

/** What an assignment changes. */
export interface AssignmentPlan {
  /** The backend's own list from now on; undefined: every tenant that names it. */
  list: readonly string[] | undefined;
  /** Tenants whose own list must name the backend. */
  name: readonly string[];
}

/**
 * Plans an assignment. A tenant uses a backend where both lists agree, so both are brought in line:
 *
 * | mode   | backend without a list                     | backend with a list | lists of the tenants  |
 * |--------|--------------------------------------------|---------------------|-----------------------|
 * | set    | gets the list                              | gets the list       | each named one has it |
 * | add    | stays without: all that name it may use it | grows               | each named one has it |
 * | remove | gets the list of who is left               | shrinks             | stay                  |
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

/** Decides which tenants may use a backend. */
export async function assignBackend(
  installation: Installation,
  wish: Assignment,
): Promise<z.output<typeof assignResult>> {
  const tenants = await readTenants(installation);
  checkTenants(wish.tenants, tenants);
  const found = await installation.get(wish.name);
  if (found === undefined) throw noBackend(wish.name, (await installation.list()).backends);
  const listOf = (spec: Readonly<Record<string, unknown>>) =>
    soundSpec({ ...spec, name: wish.name }, installation.kind).tenants;
  const list = listOf(found.spec);
  const plan = planAssignment(wish, list, tenants);
  const changed: string[] = [];
  const read = await installation.tenants.read();
  const text = nameBackend(read, installation.tenants.source, wish.name, plan.name);
  // The tenants first: a name that nobody answers to yet opens nothing.
  if (text !== read) {
    changed.push(installation.tenants.source);
    if (!wish.dryRun) {
      await installation.tenants.edit((now) => nameBackend(now, installation.tenants.source, wish.name, plan.name));
    }
  }
  if (plan.list?.join() !== list?.join()) {
    changed.push(found.source);
    await installation.update(
      wish.name,
      (spec) => {
        const now = planAssignment(wish, listOf(spec), tenants).list;
        return changeSpec(spec, now === undefined ? { given: {}, unset: [] } : { given: { tenants: now }, unset: [] });
      },
      { dryRun: wish.dryRun },
    );
  }
  const after = wish.dryRun ? tenants : await readTenants(installation);
  const expected = usableBy(wish.name, plan.list, after);
  return {
    ...{ name: wish.name, dryRun: wish.dryRun, changed },
    before: usableBy(wish.name, list, tenants),
    after: wish.dryRun ? [...new Set([...expected, ...plan.name])] : expected,
    notes: plan.list?.length === 0 ? ['no tenant may use it now'] : [],
  };
}

/** Says which backends there are. */
export function noBackend(name: string, backends: readonly { name: string }[]): UserError {
  const names = backends.map((backend) => backend.name);
  return new UserError('no-such', `there is no backend ${JSON.stringify(name)}`, {
    hint: names.length === 0 ? 'None is registered yet.' : `Backends: ${names.slice(0, 50).join(', ')}`,
  });
}
