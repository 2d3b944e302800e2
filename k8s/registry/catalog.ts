import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { parseValue } from '../../core/document/parse.ts';
import type { Parsed, Problem } from '../../core/document/problems.ts';
import { type Backend, clusterBackendSchema } from '../../core/registry/backend.ts';

const object = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string().default(''), deletionTimestamp: z.string().nullish() }),
  spec: z.record(z.string(), z.unknown()).default({}),
});

/** An MCPBackend: its backend, or everything that is wrong with it. */
export type BackendReading = Parsed<Backend>;

/** Reads an MCPBackend; undefined where it is none, or one that is being deleted. */
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

/** The backends of a cluster. One that is wrong now keeps its last good state; one that was never right is not served. */
export class ClusterCatalog {
  /** Sound backends by name. A change makes a new map. */
  backends: ReadonlyMap<string, Backend> = new Map();
  /** Everything that was refused. */
  problems: readonly Problem[] = [];

  /** Takes in what changed. Tells whether anything is other than before. */
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
