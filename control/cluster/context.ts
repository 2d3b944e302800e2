import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { parse } from 'yaml';
import { isRecord } from '../backends/spec.ts';

/** What selects a cluster. */
export interface ContextChoice {
  kubeconfig: string | undefined;
  context: string | undefined;
  env: Readonly<Record<string, string | undefined>>;
}

/**
 * Names the selected cluster, for display. It neither connects nor loads the client library, so that a server starts in under a second;
 * the first request shows whether the context exists.
 */
export function nameCluster({ kubeconfig, context, env }: ContextChoice): string {
  if (context !== undefined) return `the Kubernetes cluster of the context ${context}`;
  const files = kubeconfig === undefined ? (env.KUBECONFIG ?? '').split(delimiter).filter(Boolean) : [kubeconfig];
  if (files.length === 0 && env.KUBERNETES_SERVICE_HOST !== undefined)
    return 'the Kubernetes cluster that this process runs in';
  const known = files.length > 0 ? files : [join(env.HOME ?? homedir(), '.kube', 'config')];
  const current = known.map(currentContext).find((name) => name !== undefined);
  return current === undefined
    ? 'the Kubernetes cluster of the current context'
    : `the Kubernetes cluster of the current context, ${current}`;
}

function currentContext(file: string): string | undefined {
  try {
    const config: unknown = parse(readFileSync(file, 'utf8'));
    const name = isRecord(config) ? config['current-context'] : undefined;
    return typeof name === 'string' && name !== '' ? name : undefined;
  } catch {
    return undefined;
  }
}
