import type { z } from 'zod';
import type { ChangeResult } from '../control/backends/register.ts';
import type { assignResult, listResult, statusResult } from '../control/results.ts';

/** All backends as a table. */
export function showList({ backends, notes }: z.output<typeof listResult>): string[] {
  const rows = backends.map(({ name, state, healthy, wanted, affinity, tenants, runs }) => [
    ...[
      name,
      state,
      `${healthy ?? '?'}/${wanted ?? '?'}`,
      affinity,
      tenants === null ? '(all that name it)' : tenants.join(','),
    ],
    runs,
  ]);
  const table = columns([['NAME', 'STATE', 'HEALTHY', 'AFFINITY', 'TENANTS', 'RUNS'], ...rows]);
  const reasons = backends.flatMap(({ name, reasons: why }) => why.map((reason) => `${name}: ${reason}`));
  return [
    ...(backends.length === 0 ? ['no backends'] : table),
    ...(reasons.length === 0 ? [] : ['', ...reasons]),
    ...notes.map((note) => `note: ${note}`),
  ];
}

/** One backend in detail. */
export function showStatus(status: z.output<typeof statusResult>): string[] {
  const { name, state, healthy, wanted, runs, url, tenants, source, reasons, replicas, history } = status;
  const rows = replicas.map((replica) => [
    ...[replica.id, replica.health, replica.state, replica.restarts === null ? '?' : String(replica.restarts)],
    ...[replica.startedAt ?? '', replica.lastExit ?? ''],
  ]);
  return [
    `${name}: ${state}, ${healthy ?? '?'} of ${wanted ?? '?'} replicas healthy`,
    ...reasons.map((reason) => `  ${reason}`),
    `runs:    ${runs}`,
    `url:     ${url ?? 'unknown'}`,
    `tenants: ${tenants === null ? 'all that name it' : tenants.join(', ') || 'none'}`,
    `from:    ${source}`,
    ...(rows.length === 0
      ? []
      : ['', ...columns([['REPLICA', 'HEALTH', 'STATE', 'RESTARTS', 'SINCE', 'LAST EXIT'], ...rows])]),
    ...(history.length === 0 ? [] : ['', 'HISTORY', ...history.map(({ time, what }) => `  ${time}  ${what}`)]),
    ...replicas.flatMap(({ id, log }) =>
      log.length === 0 ? [] : ['', `LOG OF ${id}`, ...log.map((line) => `  ${line}`)],
    ),
  ];
}

const DONE: Readonly<Record<ChangeResult['action'], string>> = {
  created: 'registered',
  changed: 'changed',
  unchanged: 'unchanged',
  removed: 'removed',
  'would-create': 'would be registered (dry run)',
  'would-change': 'would be changed (dry run)',
  'would-remove': 'would be removed (dry run)',
};

/** The result of a change. */
export function showChange(result: ChangeResult): string[] {
  const { action, name, manifest, changed, url, usableBy, ready, state, reasons, notes } = result;
  const dry = action.startsWith('would');
  return [
    `${name}: ${DONE[action]}${action === 'changed' || action === 'would-change' ? ` (${changed.join(', ')})` : ''}`,
    ...(dry && manifest !== null ? ['', ...manifest.trimEnd().split('\n'), ''] : []),
    ...(url === null || action === 'removed' ? [] : [`url:       ${url}`]),
    ...(usableBy === null ? [] : [`usable by: ${usableBy.join(', ') || 'no tenant'}`]),
    ...(ready === null || state === null ? [] : [`state:     ${ready ? 'ready' : `not ready in time: ${state}`}`]),
    ...reasons.map((reason) => `  ${reason}`),
    ...notes.map((note) => `note: ${note}`),
  ];
}

/** The tenants that may use a backend, before and after. */
export function showAssignment({
  name,
  dryRun,
  before,
  after,
  changed,
  notes,
}: z.output<typeof assignResult>): string[] {
  return [
    `${name}: usable by ${after.join(', ') || 'no tenant'} (before: ${before.join(', ') || 'no tenant'})`,
    ...changed.map((document) => `${dryRun ? 'would change' : 'changed'} ${document}`),
    ...notes.map((note) => `note: ${note}`),
  ];
}

/** Rows of cells as lines with aligned columns. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
