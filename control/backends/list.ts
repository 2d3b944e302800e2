import type { z } from 'zod';
import type { Installation, ManagedBackend } from '../installation.ts';
import type { BackendRow, listResult } from '../results.ts';
import { withoutCredentials } from './credentials.ts';
import { isRecord } from './spec.ts';

/** Lists all backends. */
export async function listBackends(installation: Installation): Promise<z.output<typeof listResult>> {
  const { backends, notes } = await installation.list();
  return { place: installation.title, backends: backends.map(toRow), notes: [...notes] };
}

/** A backend as a row of a list; values that look like credentials are hidden. */
export function toRow({ name, spec, url, health }: ManagedBackend): BackendRow {
  const { kind, runs } = describeWhere(withoutCredentials(spec));
  const { tenants, affinity = 'session' } = spec;
  return {
    ...{ name, kind, runs, url: url ?? null, state: health.state },
    healthy: health.healthy ?? null,
    wanted: health.wanted ?? null,
    affinity: String(affinity),
    tenants: Array.isArray(tenants) ? tenants.map(String) : null,
    reasons: [...health.reasons],
  };
}

function describeWhere(spec: Readonly<Record<string, unknown>>): Pick<BackendRow, 'kind' | 'runs'> {
  const { image, command, service, url, urls } = spec;
  if (typeof image === 'string') return { kind: 'image', runs: image };
  if (Array.isArray(command)) return { kind: 'command', runs: command.map(String).join(' ') };
  if (isRecord(service)) {
    const port = service.port === undefined ? '' : `:${service.port}`;
    return { kind: 'service', runs: `${service.name}${port}` };
  }
  if (typeof url === 'string') return { kind: 'url', runs: url };
  if (Array.isArray(urls)) return { kind: 'url', runs: urls.map(String).join(' ') };
  return { kind: 'unknown', runs: '' };
}
