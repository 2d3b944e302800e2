import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { messageOf, UserError } from '../../core/errors.ts';
import { TokenFileAuth, withTokenFiles } from './token-file.ts';

/** Environment variables that are read. */
export interface ClusterEnvironment {
  KUBECONFIG?: string | undefined;
  KUBERNETES_SERVICE_HOST?: string | undefined;
  HOME?: string | undefined;
}

/** Which cluster to use. */
export interface ClusterChoice {
  /** Path of a kubeconfig file. */
  kubeconfig?: string | undefined;
  /** A context of the kubeconfig. Default: its current one. */
  context?: string | undefined;
  env: ClusterEnvironment;
}

/** Path of the ServiceAccount token in a pod. */
const TOKEN_FILE = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/**
 * Loads the cluster and its credentials from the first of: the kubeconfig of the choice, KUBECONFIG, the ServiceAccount of the pod
 * that this process runs in, `~/.kube/config`.
 *
 * @throws UserError if none of these exists, or it has no usable cluster
 */
export function loadCluster({ kubeconfig, context, env }: ClusterChoice): KubeConfig {
  const files = kubeconfig === undefined ? (env.KUBECONFIG ?? '').split(delimiter).filter(Boolean) : [kubeconfig];
  const inPod = env.KUBERNETES_SERVICE_HOST !== undefined && existsSync(TOKEN_FILE);
  const ofUser = join(env.HOME ?? homedir(), '.kube', 'config');
  const config = new KubeConfig();
  config.addAuthenticator(new TokenFileAuth());
  if (files.length > 0) loadFiles(config, files);
  else if (inPod) config.loadFromCluster();
  else if (existsSync(ofUser)) loadFiles(config, [ofUser]);
  else {
    throw new UserError('config', 'no Kubernetes cluster is configured', {
      hint: 'Outside a cluster, set --kubeconfig or KUBECONFIG.',
    });
  }
  const source = files.join(delimiter) || (inPod ? 'the ServiceAccount of this pod' : ofUser);
  if (context !== undefined) choose(config, context, source);
  return checked(config, source);
}

function loadFiles(config: KubeConfig, files: readonly string[]): void {
  for (const file of files) {
    if (!existsSync(file)) {
      throw new UserError('missing-file', `the kubeconfig ${file} does not exist`, {
        hint: 'Set --kubeconfig or KUBECONFIG to an existing file.',
      });
    }
    const one = new KubeConfig();
    try {
      one.loadFromFile(file);
      // If several files set a value, the first one counts.
      if (config.contexts.length === 0 && config.clusters.length === 0) {
        config.loadFromFile(file);
        config.users = withTokenFiles(config.users, file);
        continue;
      }
      one.users = withTokenFiles(one.users, file);
      config.mergeConfig(one, true);
    } catch (error) {
      throw new UserError('config', `the kubeconfig ${file} cannot be read: ${messageOf(error)}`, { cause: error });
    }
  }
}

function choose(config: KubeConfig, context: string, source: string): void {
  if (config.getContextObject(context) === null) {
    const known = config.getContexts().map(({ name }) => name);
    throw new UserError('config', `${source} has no context ${context}`, {
      hint: known.length === 0 ? 'It has no contexts.' : `Its contexts are: ${known.join(', ')}.`,
    });
  }
  config.setCurrentContext(context);
}

function checked(config: KubeConfig, source: string): KubeConfig {
  const cluster = config.getCurrentCluster();
  if (cluster === null) {
    const which = config.getCurrentContext() || 'none';
    throw new UserError('config', `${source} has no cluster for the current context (${which})`, {
      hint: 'Choose another context with --context or "kubectl config use-context".',
    });
  }
  const server = URL.parse(cluster.server);
  if (server === null || !['https:', 'http:'].includes(server.protocol)) {
    throw new UserError('config', `${source} has a server that is not an https URL: ${cluster.server}`);
  }
  if (server.protocol === 'http:' && !cluster.skipTLSVerify) {
    throw new UserError('config', `${source} has a server without TLS: ${cluster.server}`, {
      hint: 'Credentials would be sent unencrypted. Set insecure-skip-tls-verify to allow it.',
    });
  }
  return config;
}
