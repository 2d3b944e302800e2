import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { parseValue } from '../../core/document/parse.ts';
import type { Parsed, Problem } from '../../core/document/problems.ts';
import { type Backend, clusterBackendSchema } from '../../core/registry/backend.ts';

const object = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string().default(''), deletionTimestamp: z.string().nullish() }),
  spec: z.record(z.string(), z.unknown()).default({}),
});

/** An MCPBackend: its backend, or all its problems. */
export type BackendReading = Parsed<Backend>;

/** Reads an MCPBackend; undefined if the object is not one, or is being deleted. */
export function parseBackend(value: unknown): BackendReading | undefined {
  const parsed = object.safeParse(value);
  if (!parsed.success || parsed.data.metadata.deletionTimestamp != null) return undefined;
  const { metadata, spec } = parsed.data;
  const read = parseValue(
    { ...spec, name: metadata.name },
    `MCPBackend ${metadata.namespace}/${metadata.name}`,
    clusterBackendSchema,
  );
  if (read.ok) return read;
  const problems = read.problems.map((problem) => ({
    ...problem,
    path: problem.path === '' ? 'spec' : `spec.${problem.path}`,
  }));
  return { ok: false, problems };
}

/** The backends of a cluster. An invalid one keeps its last good state; one that was never valid is not served. */
export class ClusterCatalog {
  /** Valid backends by name. Each change creates a new map. */
  backends: ReadonlyMap<string, Backend> = new Map();
  /** Problems of all MCPBackends that are invalid now. */
  problems: readonly Problem[] = [];

  /** Applies changes. Returns whether the backends or the problems differ from before. */
  update(names: ReadonlySet<string>, readings: ReadonlyMap<string, BackendReading>): boolean {
    const after = new Map(this.backends);
    for (const name of names) {
      const reading = readings.get(name);
      if (reading === undefined) after.delete(name);
      else if (reading.ok) after.set(name, reading.value);
    }
    const problems = [...readings.values()].flatMap((reading) => (reading.ok ? [] : reading.problems));
    const isSame = isDeepStrictEqual(problems, this.problems) && sameMap(after, this.backends);
    this.backends = after;
    this.problems = problems;
    return !isSame;
  }
}

function sameMap(a: ReadonlyMap<string, Backend>, b: ReadonlyMap<string, Backend>): boolean {
  return a.size === b.size && [...a].every(([name, backend]) => b.get(name) === backend);
}
