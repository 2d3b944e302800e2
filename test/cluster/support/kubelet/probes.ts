import { execFile } from 'node:child_process';
import { request } from 'node:http';
import { request as requestTls } from 'node:https';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { PodProcess } from './images.ts';
import type { Container, Probe } from './schema.ts';

/** The target of a probe or a hook. */
export interface ProbeTarget {
  address: string;
  container: Container;
  /** Environment of commands in the container. */
  process: PodProcess;
}

/** Interval of probes until the first success, so that no test waits for a whole period. */
const STARTING_EVERY_MS = 100;

/** Runs a probe once. */
export async function probeOnce(
  probe: Pick<Probe, 'httpGet' | 'tcpSocket' | 'exec' | 'timeoutSeconds'>,
  target: ProbeTarget,
) {
  const timeoutMs = probe.timeoutSeconds * 1000;
  try {
    if (probe.httpGet !== undefined) return await httpAnswers(probe.httpGet, target, timeoutMs);
    if (probe.tcpSocket !== undefined) return await connects(probe.tcpSocket, target, timeoutMs);
    if (probe.exec !== undefined) await execIn(probe.exec.command, target, timeoutMs);
    return true;
  } catch {
    return false;
  }
}

/** Options of {@link watchProbe}. */
export interface ProbeWatch {
  probe: Probe;
  target: ProbeTarget;
  /** Replaces the probe's own period. */
  everyMs: number | undefined;
  /** Probes more often until the first success, and reports no failure before it. */
  eager: boolean;
  signal: AbortSignal;
  /** Called when enough consecutive results change the state. */
  onChange: (healthy: boolean) => void;
}

/** Runs a probe repeatedly until the signal is aborted. */
export async function watchProbe(options: ProbeWatch): Promise<void> {
  const { probe, target, everyMs, eager, signal, onChange } = options;
  const periodMs = everyMs ?? probe.periodSeconds * 1000;
  const pause = (ms: number) => sleep(ms, undefined, { signal }).catch(() => undefined);
  let verdict: boolean | undefined;
  let inRow = 0;
  let last: boolean | undefined;
  await pause(probe.initialDelaySeconds * 1000);
  while (!signal.aborted) {
    const healthy = await probeOnce(probe, target);
    if (signal.aborted) return;
    inRow = healthy === last ? inRow + 1 : 1;
    last = healthy;
    const waiting = eager && verdict === undefined;
    const enough = inRow >= (healthy ? probe.successThreshold : probe.failureThreshold);
    if (enough && healthy !== verdict && (healthy || !waiting)) {
      verdict = healthy;
      onChange(healthy);
    }
    await pause(waiting && verdict === undefined ? Math.min(periodMs, STARTING_EVERY_MS) : periodMs);
  }
}

/** Runs a command as if in the container. */
export async function execIn(command: string[], { process }: ProbeTarget, timeoutMs: number): Promise<void> {
  const [program = '', ...args] = command;
  await promisify(execFile)(program, args, { env: process.env, cwd: process.cwd, timeout: timeoutMs });
}

/** GET; true for a status from 200 to 399, as in Kubernetes. */
export function httpAnswers(
  get: NonNullable<Probe['httpGet']>,
  target: ProbeTarget,
  timeoutMs: number,
): Promise<boolean> {
  const options = {
    host: get.host ?? target.address,
    port: portOf(get.port, target.container),
    path: get.path,
    headers: Object.fromEntries(get.httpHeaders.map(({ name, value }) => [name, value])),
    agent: false,
    timeout: timeoutMs,
    rejectUnauthorized: false,
  };
  return new Promise((resolve, reject) => {
    const call = (get.scheme === 'HTTPS' ? requestTls : request)(options, (response) => {
      const { statusCode = 0 } = response;
      response.destroy();
      resolve(statusCode >= 200 && statusCode < 400);
    });
    call.on('timeout', () => call.destroy(new Error('no answer')));
    call.on('error', reject);
    call.end();
  });
}

function connects(to: NonNullable<Probe['tcpSocket']>, target: ProbeTarget, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: to.host ?? target.address, port: portOf(to.port, target.container) });
    const settle = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(timeoutMs, () => settle(false));
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
  });
}

function portOf(port: number | string, { ports, name }: Container): number {
  if (typeof port === 'number') return port;
  const found = ports.find((known) => known.name === port)?.containerPort;
  if (found === undefined) throw new Error(`container ${name} has no port ${port}`);
  return found;
}
