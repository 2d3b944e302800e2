import type { Api } from '../api.ts';
import type { Container, Pod } from './schema.ts';
import { fieldOf, MissingSource, readConfigMap, readSecret } from './sources.ts';

/**
 * The environment variables of a container, resolved from the sources in its spec.
 * @throws MissingSource if a Secret, ConfigMap or key that is not optional is missing
 */
export async function environmentOf(
  api: Api,
  pod: Pod,
  container: Container,
  address: string,
): Promise<Record<string, string>> {
  const env: Record<string, string> = {};
  for (const { prefix, secretRef, configMapRef } of container.envFrom) {
    const read = [
      ...(secretRef === undefined ? [] : await readSecret(api, pod, secretRef)),
      ...(configMapRef === undefined ? [] : await readConfigMap(api, pod, configMapRef)),
    ];
    for (const [key, value] of read) env[prefix + key] = value.toString();
  }
  for (const { name, value, valueFrom } of container.env) {
    const found = valueFrom === undefined ? expand(value ?? '', env) : await readValue(api, pod, valueFrom, address);
    if (found !== undefined) env[name] = found;
  }
  return env;
}

/** Replaces `$(NAME)` by the value of an earlier variable, and `$$` by `$`. */
export function expand(text: string, env: Readonly<Record<string, string>>): string {
  return text.replace(/\$\$|\$\(([^)]+)\)/g, (found, name: string | undefined) =>
    name === undefined ? '$' : (env[name] ?? found),
  );
}

type ValueFrom = NonNullable<Container['env'][number]['valueFrom']>;

async function readValue(api: Api, pod: Pod, from: ValueFrom, address: string): Promise<string | undefined> {
  const { secretKeyRef, configMapKeyRef, fieldRef, resourceFieldRef } = from;
  const ref = secretKeyRef ?? configMapKeyRef;
  if (ref !== undefined) {
    const read = secretKeyRef === undefined ? readConfigMap : readSecret;
    const value = (await read(api, pod, ref)).get(ref.key);
    if (value === undefined && !ref.optional) throw new MissingSource(`couldn't find key ${ref.key} in ${ref.name}`);
    return value?.toString();
  }
  if (fieldRef !== undefined) return fieldOf(pod, fieldRef.fieldPath, address);
  // Processes in tests have no limits.
  return resourceFieldRef === undefined ? undefined : '0';
}
