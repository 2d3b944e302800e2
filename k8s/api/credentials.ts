import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { messageOf, UserError } from '../../core/errors.ts';
import { TokenFileAuth, withTokenFiles } from './token-file.ts';

/** The variables that are looked at. */
export interface ClusterEnvironment {
  KUBECONFIG?: string | undefined;
  KUBERNETES_SERVICE_HOST?: string | undefined;
  HOME?: string | undefined;
}

/** Which cluster is meant. */
export interface ClusterChoice {
  /** A kubeconfig file that somebody named. */
  kubeconfig?: string | undefined;
  /** A context in it. Default: the current one. */
  context?: string | undefined;
  env: ClusterEnvironment;
}

/** Where a pod finds the token of its ServiceAccount. */
const TOKEN_FILE = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/**
 * Finds the cluster and the credentials: the file that was named, else KUBECONFIG, else the ServiceAccount of the pod that this
 * process runs in, else `~/.kube/config`.
 *
 * @throws UserError where there is none, or it names no server
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
    throw new UserError('config', 'no Kubernetes cluster is known', {
      hint: 'Outside a cluster, name a kubeconfig with --kubeconfig or in KUBECONFIG.',
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
        hint: 'Name one with --kubeconfig, or in KUBECONFIG.',
      });
    }
    const one = new KubeConfig();
    try {
      one.loadFromFile(file);
      // Where several files say something, the first one counts.
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
      hint: known.length === 0 ? 'It has none at all.' : `It has: ${known.join(', ')}.`,
    });
  }
  config.setCurrentContext(context);
}

function checked(config: KubeConfig, source: string): KubeConfig {
  const cluster = config.getCurrentCluster();
  if (cluster === null) {
    const which = config.getCurrentContext() || 'none';
    throw new UserError('config', `${source} names no cluster (the current context is ${which})`, {
      hint: 'Choose a context with --context, or with "kubectl config use-context".',
    });
  }
  const server = URL.parse(cluster.server);
  if (server === null || !['https:', 'http:'].includes(server.protocol)) {
    throw new UserError('config', `${source} names a server that is no https URL: ${cluster.server}`);
  }
  if (server.protocol === 'http:' && !cluster.skipTLSVerify) {
    throw new UserError('config', `${source} names a server without TLS: ${cluster.server}`, {
      hint: 'Credentials would go over the wire unprotected. Set insecure-skip-tls-verify to allow it.',
    });
  }
  return config;
}
