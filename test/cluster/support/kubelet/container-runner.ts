import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../../../core/errors.ts';
import { type Child, type ChildExit, startChild } from '../../../../runtime/processes/child.ts';
import { type ContainerReport, firstReport, now, type Terminated, terminated } from './container-state.ts';
import type { PodProcess } from './images.ts';
import { ContainerLog } from './logs.ts';
import { execIn, httpAnswers, type ProbeTarget, watchProbe } from './probes.ts';
import type { Container } from './schema.ts';

/** Options of a container. */
export interface ContainerOptions {
  container: Container;
  podUid: string;
  address: string;
  graceMs: number;
  /** Whether it is restarted after it ended. */
  restarts: (exitCode: number) => boolean;
  /** Called before each run. Returns what to start, or the reason why it cannot be started yet. */
  prepare: () => Promise<PodProcess | { reason: string; message: string }>;
  probeEveryMs: number | undefined;
  /** Pause before the second restart. It doubles for each further one. */
  backoffMs: number;
  /** Called after every change of the report. */
  onChange: () => void;
}

const RETRY_MS = 250;
const LONGEST_BACKOFF_MS = 5_000;

/** One container: runs and restarts its process, and reports its state. */
export class ContainerRunner {
  readonly report: ContainerReport;
  readonly log = new ContainerLog();
  readonly #options: ContainerOptions;
  readonly #stopping = new AbortController();
  #ending = false;
  #child: Child | undefined;
  #target: ProbeTarget | undefined;

  constructor(options: ContainerOptions) {
    this.#options = options;
    this.report = firstReport(options.container);
  }

  /** Process id of the current run. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Runs it until it is not restarted any more. */
  async run(): Promise<void> {
    for (let run = 0; !this.#ending; run += 1) {
      const process = await this.#prepared();
      if (process === undefined) return;
      const end = await this.#runOnce(process, run);
      if (!this.#options.restarts(end.exitCode) || this.#ending) return;
      this.report.lastState = { terminated: end };
      if (run === 0) continue;
      this.#change({ state: { waiting: { reason: 'CrashLoopBackOff', message: 'restarting failed container' } } });
      await this.#pause(Math.min(LONGEST_BACKOFF_MS, this.#options.backoffMs * 2 ** (run - 1)));
    }
  }

  /**
   * Stops it as Kubernetes does: `preStop`, SIGTERM, and SIGKILL at the end of the grace period. It is not restarted. May be called
   * again with a shorter grace period.
   */
  async stop(graceMs: number): Promise<void> {
    const first = !this.#ending;
    this.#ending = true;
    const child = this.#child;
    const deadline = performance.now() + graceMs;
    const grace = sleep(graceMs, undefined, { ref: false });
    if (child !== undefined) await Promise.race([child.exited, grace, ...(first ? [this.#preStop(graceMs)] : [])]);
    this.#stopping.abort();
    await child?.stop(Math.max(0, deadline - performance.now()));
  }

  async #prepared(): Promise<PodProcess | undefined> {
    for (let asked = 0; !this.#stopping.signal.aborted; asked += 1) {
      const found = await this.#options.prepare();
      if ('command' in found) return found;
      const reason = found.reason === 'ErrImagePull' && asked > 0 ? 'ImagePullBackOff' : found.reason;
      this.#change({ state: { waiting: { reason, message: found.message } } });
      await this.#pause(RETRY_MS);
    }
    return undefined;
  }

  async #runOnce(process: PodProcess, run: number): Promise<Terminated> {
    const startedAt = now();
    const exit = await this.#start(process).then(
      (child) => this.#accompany(child, process, run, startedAt),
      (error: unknown): ChildExit => {
        this.log.add(messageOf(error));
        return { code: 127, signal: null };
      },
    );
    this.#child = undefined;
    const end = terminated(exit, startedAt);
    this.#change({ state: { terminated: end }, ready: false, started: false, restartCount: run });
    return end;
  }

  async #accompany(child: Child, process: PodProcess, restartCount: number, startedAt: string): Promise<ChildExit> {
    if (this.#stopping.signal.aborted) return child.stop(0);
    this.#child = child;
    const { container, podUid } = this.#options;
    const containerID = `process://${podUid}/${container.name}/${restartCount}`;
    this.#change({ state: { running: { startedAt } }, restartCount, containerID, imageID: container.image });
    const running = new AbortController();
    this.#probe(process, running.signal);
    const exit = await child.exited;
    running.abort();
    return exit;
  }

  #start({ command, env, cwd }: PodProcess): Promise<Child> {
    this.log.beginRun();
    const onLine = (_: string, line: string) => this.log.add(line);
    return startChild({ name: this.#options.container.name, command, env, cwd, onLine });
  }

  #probe(process: PodProcess, signal: AbortSignal): void {
    const { container, address, probeEveryMs: everyMs } = this.#options;
    const { startupProbe, readinessProbe, livenessProbe } = container;
    const target = { address, container, process };
    this.#target = target;
    const watch = (probe: NonNullable<typeof startupProbe>, eager: boolean, onChange: (healthy: boolean) => void) =>
      void watchProbe({ probe, target, everyMs, eager, signal, onChange });
    const whenStarted = () => {
      this.#change({ started: true, ready: readinessProbe === undefined });
      if (readinessProbe !== undefined) watch(readinessProbe, true, (ready) => this.#change({ ready }));
      if (livenessProbe !== undefined) watch(livenessProbe, false, (alive) => alive || this.#restart());
    };
    if (startupProbe === undefined) {
      whenStarted();
      return;
    }
    const starting = new AbortController();
    const { failureThreshold, periodSeconds, initialDelaySeconds } = startupProbe;
    const limitMs = (initialDelaySeconds + failureThreshold * periodSeconds) * 1000;
    const tooLate = setTimeout(() => this.#restart(), limitMs);
    const forget = () => clearTimeout(tooLate);
    signal.addEventListener('abort', forget, { once: true });
    void watchProbe({
      ...{ probe: startupProbe, target, everyMs, eager: true, signal: AbortSignal.any([signal, starting.signal]) },
      onChange() {
        forget();
        starting.abort();
        whenStarted();
      },
    });
  }

  /** Ends the current run; the container is restarted. */
  #restart(): void {
    const { graceMs } = this.#options;
    const child = this.#child;
    void this.#preStop(graceMs).then(() => child?.stop(graceMs));
  }

  async #preStop(graceMs: number): Promise<void> {
    const { sleep: pause, exec, httpGet } = this.#options.container.lifecycle?.preStop ?? {};
    const target = this.#target;
    if (pause !== undefined)
      await sleep(pause.seconds * 1000, undefined, { signal: this.#stopping.signal }).catch(() => {});
    if (target === undefined) return;
    // In Kubernetes a failed hook is only an event; stopping continues.
    if (exec !== undefined) await execIn(exec.command, target, graceMs).catch(() => undefined);
    if (httpGet !== undefined) await httpAnswers(httpGet, target, graceMs).catch(() => false);
  }

  #change(changes: Partial<ContainerReport>): void {
    Object.assign(this.report, changes);
    this.#options.onChange();
  }

  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }
}
