import { z } from 'zod';
import { type Api, ApiError } from '../api.ts';
import type { Pod } from './schema.ts';

const secretSchema = z.object({ data: z.record(z.string(), z.string()).default({}) });
const configMapSchema = z.object({
  data: z.record(z.string(), z.string()).default({}),
  binaryData: z.record(z.string(), z.string()).default({}),
});

/** A source that a container needs to start is missing. */
export class MissingSource extends Error {
  override readonly name = 'MissingSource';
}

/** Which object, and whether it is optional. */
export interface SourceRef {
  name: string;
  optional: boolean;
}

/** The keys of a Secret. */
export async function readSecret(api: Api, pod: Pod, ref: SourceRef): Promise<Map<string, Buffer>> {
  const found = await readOptional(api, pod, 'secrets', ref);
  const { data } = secretSchema.parse(found ?? {});
  return new Map(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64')]));
}

/** The keys of a ConfigMap. */
export async function readConfigMap(api: Api, pod: Pod, ref: SourceRef): Promise<Map<string, Buffer>> {
  const { data, binaryData } = configMapSchema.parse((await readOptional(api, pod, 'configmaps', ref)) ?? {});
  return new Map([
    ...Object.entries(data).map(([key, value]): [string, Buffer] => [key, Buffer.from(value)]),
    ...Object.entries(binaryData).map(([key, value]): [string, Buffer] => [key, Buffer.from(value, 'base64')]),
  ]);
}

async function readOptional(api: Api, pod: Pod, kind: string, { name, optional }: SourceRef): Promise<unknown> {
  try {
    return await api.get(`/api/v1/namespaces/${pod.metadata.namespace}/${kind}/${name}`);
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 404)) throw error;
    if (optional) return undefined;
    throw new MissingSource(`${kind.slice(0, -1)} "${name}" not found`);
  }
}

/** A field of the pod, for `fieldRef`. */
export function fieldOf(pod: Pod, path: string, address: string): string {
  const { metadata, spec } = pod;
  const keyed = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
  if (keyed !== null) return (keyed[1] === 'labels' ? metadata.labels : metadata.annotations)[keyed[2] ?? ''] ?? '';
  const fields: Record<string, string | undefined> = {
    'metadata.name': metadata.name,
    'metadata.namespace': metadata.namespace,
    'metadata.uid': metadata.uid,
    'spec.nodeName': spec.nodeName,
    'spec.serviceAccountName': spec.serviceAccountName,
    'status.podIP': address,
    'status.podIPs': address,
    'status.hostIP': '127.0.0.1',
    'status.hostIPs': '127.0.0.1',
  };
  const value = fields[path];
  if (value === undefined) throw new MissingSource(`fieldPath ${path} is not known to this kubelet`);
  return value;
}
