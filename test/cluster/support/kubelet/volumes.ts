import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { z } from 'zod';
import type { Api } from '../api.ts';
import type { Container, Pod, VolumeSource } from './schema.ts';
import { fieldOf, MissingSource, readConfigMap, readSecret, type SourceRef } from './sources.ts';

/** Path of the ServiceAccount token in a pod. */
const ACCOUNT_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';
const TOKEN_SECONDS = 3_600;

/**
 * The volumes of a pod as folders on this machine. A process does not see the mount paths of its container, so they are replaced by
 * real paths in arguments, environment variables and the texts of ConfigMaps.
 */
export class PodVolumes {
  readonly #api: Api;
  readonly #pod: Pod;
  readonly #folder: string;
  readonly #address: string;

  constructor(api: Api, pod: Pod, folder: string, address: string) {
    this.#api = api;
    this.#pod = pod;
    this.#folder = folder;
    this.#address = address;
  }

  /**
   * Writes or updates the content of the volumes.
   * @throws MissingSource if a source that is not optional is missing
   */
  async write(): Promise<void> {
    for (const { name, configMap, secret, projected } of this.#pod.spec.volumes) {
      const folder = this.#folderOf(name);
      await mkdir(folder, { recursive: true });
      const single: VolumeSource = {
        ...(configMap && { configMap }),
        ...(secret && { secret: { ...secret, name: secret.secretName } }),
      };
      for (const source of projected?.sources ?? [single])
        for (const [path, content] of await this.#contentOf(source)) {
          await mkdir(dirname(join(folder, path)), { recursive: true });
          await writeFile(join(folder, path), content);
        }
    }
  }

  /** Replaces mount paths in a text by paths on this machine. */
  localize(container: Pick<Container, 'volumeMounts'>, text: string): string {
    const mounts = container.volumeMounts.toSorted((a, b) => b.mountPath.length - a.mountPath.length);
    return mounts.reduce((changed, { name, mountPath, subPath = '' }) => {
      const path = mountPath.replace(/\/$/, '').replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
      return changed.replace(new RegExp(`(?<![\\w./-])${path}(?![\\w.-])`, 'g'), join(this.#folderOf(name), subPath));
    }, text);
  }

  /** A kubeconfig for a container with a ServiceAccount token, which is not where a client library looks for it. */
  async kubeconfig(container: Container): Promise<string | undefined> {
    const mount = container.volumeMounts.find(({ mountPath }) => mountPath === ACCOUNT_FOLDER);
    if (mount === undefined) return undefined;
    const folder = this.#folderOf(mount.name);
    const path = join(folder, 'kubeconfig');
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        { name: 'test', cluster: { server: this.#api.access.server, 'certificate-authority': join(folder, 'ca.crt') } },
      ],
      users: [{ name: 'test', user: { tokenFile: join(folder, 'token') } }],
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'test', namespace: this.#pod.metadata.namespace } }],
      'current-context': 'test',
    };
    await writeFile(path, stringify(config));
    return path;
  }

  /** A short path: those of Unix sockets in the folder have at most 108 characters. */
  #folderOf(volume: string): string {
    return join(this.#folder, String(this.#pod.spec.volumes.findIndex(({ name }) => name === volume)));
  }

  async #contentOf(source: VolumeSource): Promise<[path: string, content: string | Buffer][]> {
    const { configMap, secret, serviceAccountToken, downwardAPI } = source;
    const everyMount = {
      volumeMounts: [...this.#pod.spec.initContainers, ...this.#pod.spec.containers].flatMap((one) => one.volumeMounts),
    };
    if (configMap !== undefined) {
      const files = chosen(await readConfigMap(this.#api, this.#pod, configMap), configMap);
      return files.map(([path, content]) => [path, this.localize(everyMount, content.toString())]);
    }
    if (secret !== undefined) return chosen(await readSecret(this.#api, this.#pod, secret), secret);
    if (serviceAccountToken !== undefined)
      return [[serviceAccountToken.path, await this.#token(serviceAccountToken.audience)]];
    return (downwardAPI?.items ?? []).flatMap(({ path, fieldRef }) =>
      fieldRef === undefined ? [] : [[path, fieldOf(this.#pod, fieldRef.fieldPath, this.#address)]],
    );
  }

  async #token(audience: string | undefined): Promise<string> {
    const { metadata, spec } = this.#pod;
    const path = `/api/v1/namespaces/${metadata.namespace}/serviceaccounts/${spec.serviceAccountName}/token`;
    const request = {
      audiences: audience === undefined ? [] : [audience],
      expirationSeconds: TOKEN_SECONDS,
      boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: metadata.name, uid: metadata.uid },
    };
    const answer = await this.#api.create(path, { spec: request });
    return z.object({ status: z.object({ token: z.string() }) }).parse(answer).status.token;
  }
}

type Chosen = SourceRef & { items?: { key: string; path: string }[] | undefined };

function chosen(data: Map<string, Buffer>, { name, items, optional }: Chosen): [path: string, content: Buffer][] {
  if (items === undefined) return [...data];
  return items.flatMap(({ key, path }): [string, Buffer][] => {
    const content = data.get(key);
    if (content !== undefined) return [[path, content]];
    if (optional) return [];
    throw new MissingSource(`references non-existent key ${key} in ${name}`);
  });
}
