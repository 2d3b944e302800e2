import { execFile } from 'node:child_process';
import { request } from 'node:http';
import { request as requestTls } from 'node:https';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { PodProcess } from './images.ts';
import type { Container, Probe } from './schema.ts';

/** What a probe or a hook is carried out on. */
export interface ProbeTarget {
  address: string;
  container: Container;
  /** For commands in the container. */
  process: PodProcess;
}

/** While a container has not answered well yet it is asked this often, so that no test waits for a whole period. */
const STARTING_EVERY_MS = 100;

/** One attempt. */
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

/** Settings of {@link watchProbe}. */
export interface ProbeWatch {
  probe: Probe;
  target: ProbeTarget;
  /** In place of the probe's own period. */
  everyMs: number | undefined;
  /** Asks more often until the first success, and tells of no failure before it. */
  eager: boolean;
  signal: AbortSignal;
  /** Told when enough answers in a row say something new. */
  onChange: (healthy: boolean) => void;
}

/** Asks over and over, until the signal. */
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

/** GET; true for an answer from 200 to 399, as Kubernetes has it. */
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
    const tell = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(timeoutMs, () => tell(false));
    socket.once('connect', () => tell(true));
    socket.once('error', () => tell(false));
  });
}

function portOf(port: number | string, { ports, name }: Container): number {
  if (typeof port === 'number') return port;
  const found = ports.find((known) => known.name === port)?.containerPort;
  if (found === undefined) throw new Error(`container ${name} has no port ${port}`);
  return found;
}
