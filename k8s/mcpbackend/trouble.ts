import type { ContainerStatus, Pod } from '../objects/pods.ts';

/** Why a replica does not serve. */
export interface Trouble {
  /** Reason of a condition, for programs. */
  reason: string;
  /** What is wrong and what to do, for display. */
  message: string;
}

const IMAGE_REASONS = [
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'ImageInspectError',
];
const SETUP_REASONS = ['CreateContainerConfigError', 'CreateContainerError', 'RunContainerError'];

/** What is wrong with a pod of a backend; undefined if nothing is, or if the pod may still become ready. */
export function troubleOf(pod: Pod): Trouble | undefined {
  const scheduled = pod.conditions.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.status === 'False') {
    return { reason: 'Unschedulable', message: `no node can run the pod ${pod.name}: ${scheduled.message}` };
  }
  const containers = [...pod.initStatuses, ...pod.statuses];
  for (const container of containers) {
    const trouble = containerTrouble(pod, container);
    if (trouble !== undefined) return trouble;
  }
  const ready = pod.conditions.find(({ type }) => type === 'Ready');
  const runs = containers.length > 0 && containers.every(({ running, terminated }) => running ?? terminated);
  if (ready?.status === 'False' && runs && !pod.deleting) {
    const message = `the pod ${pod.name} runs but fails its health check`;
    return { reason: 'HealthCheckFailing', message: `${message}${ready.message === '' ? '' : `: ${ready.message}`}` };
  }
  return undefined;
}

function containerTrouble(pod: Pod, container: ContainerStatus): Trouble | undefined {
  const { reason = '', message = '' } = container.waiting ?? {};
  const tail = message === '' ? '' : `: ${message}`;
  if (IMAGE_REASONS.includes(reason)) {
    return { reason: 'ImagePullFailed', message: `the image ${container.image} cannot be pulled${tail}` };
  }
  if (SETUP_REASONS.includes(reason)) return setupTrouble(pod, message === '' ? reason : message);
  const ended = container.terminated ?? container.lastTermination;
  const restarting = reason === 'CrashLoopBackOff' || (container.restarts > 0 && container.terminated !== undefined);
  if (!restarting) return undefined;
  const times = `${container.restarts} restart${container.restarts === 1 ? '' : 's'}`;
  if (ended?.reason === 'OOMKilled') {
    return {
      reason: 'OutOfMemory',
      message: `the server in the pod ${pod.name} exceeded its memory limit and was killed (${times}): raise compute.limits.memory`,
    };
  }
  const status = ended === undefined ? 'exited' : `exited with code ${ended.exitCode}`;
  const command = `kubectl logs --namespace ${pod.namespace} ${pod.name} --previous`;
  return { reason: 'CrashLoop', message: `the server in the pod ${pod.name} ${status} (${times}): see ${command}` };
}

function setupTrouble(pod: Pod, message: string): Trouble {
  if (/secrets? .*not found|couldn't find key|non-existent secret key/i.test(message)) {
    return {
      reason: 'SecretMissing',
      message: `the pod ${pod.name} needs a Secret or key that does not exist: ${message}`,
    };
  }
  if (/runAsNonRoot/.test(message)) {
    const hint = 'use an image with a numeric user other than root, or set podTemplate.spec.securityContext.runAsUser';
    return { reason: 'RunsAsRoot', message: `the image would run as root, which is not allowed: ${hint} (${message})` };
  }
  return { reason: 'ContainerCannotStart', message: `the pod ${pod.name} cannot start: ${message}` };
}

/** Why the StatefulSet of a backend cannot create pods, from the message of its event. */
export function createTrouble(message: string): Trouble {
  if (/exceeded quota/.test(message)) {
    return { reason: 'QuotaExceeded', message: `a resource quota of the namespace allows no more pods: ${message}` };
  }
  if (/serviceaccount .*not found/i.test(message)) {
    return { reason: 'ServiceAccountMissing', message: `the ServiceAccount of the pods does not exist: ${message}` };
  }
  return { reason: 'PodRefused', message: `the API server rejected the pod: ${message}` };
}
