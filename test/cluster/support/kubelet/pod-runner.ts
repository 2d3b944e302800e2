import { mkdir, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../../../core/errors.ts';
import type { Api } from '../api.ts';
import { ContainerRunner } from './container-runner.ts';
import { now } from './container-state.ts';
import type { Images } from './images.ts';
import type { PodFacts } from './pod-status.ts';
import { processFor } from './process.ts';
import type { Container, Pod } from './schema.ts';
import { podPath, StatusWriter } from './status-writer.ts';
import { PodVolumes } from './volumes.ts';

/** Dependencies of pods. */
export interface PodOptions {
  api: Api;
  images: Images;
  address: string;
  /** Folder for its volumes; removed at the end. */
  folder: string;
  probeEveryMs: number | undefined;
  backoffMs: number;
}

const RETRY_MS = 250;

/** One pod on a node: runs its containers in order, reports its status to the API, and stops it. */
export class PodRunner {
  readonly pod: Pod;
  readonly options: PodOptions;
  readonly volumes: PodVolumes;
  readonly #startedAt = now();
  readonly #status: StatusWriter;
  readonly #init: ContainerRunner[] = [];
  readonly #main: ContainerRunner[];
  readonly #sidecars: ReadonlySet<string>;
  readonly #ending = new AbortController();
  #graceMs: number;
  #initialized = false;
  #ended = false;
  #gone = false;

  constructor(pod: Pod, options: PodOptions) {
    this.pod = pod;
    this.options = options;
    this.volumes = new PodVolumes(options.api, pod, options.folder, options.address);
    this.#status = new StatusWriter(options.api, pod, () => this.#facts());
    this.#graceMs = pod.spec.terminationGracePeriodSeconds * 1000;
    const { initContainers, containers, restartPolicy } = pod.spec;
    const again = (exitCode: number) => restartPolicy === 'Always' || (restartPolicy === 'OnFailure' && exitCode !== 0);
    this.#sidecars = new Set(initContainers.filter(isSidecar).map(({ name }) => name));
    for (const container of initContainers) {
      const untilDone = (exitCode: number) => exitCode !== 0 && restartPolicy !== 'Never';
      this.#init.push(this.#runner(container, isSidecar(container) ? () => true : untilDone));
    }
    this.#main = containers.map((container) => this.#runner(container, again));
  }

  /** A container by name; without a name, the first one. */
  container(name?: string): ContainerRunner | undefined {
    const all = [...this.#main, ...this.#init];
    return name === undefined ? all[0] : all.find(({ report }) => report.name === name);
  }

  /** Runs the pod until it ends, and removes it from the API if it was deleted. */
  async run(): Promise<void> {
    const life = this.#live();
    await Promise.race([life, aborted(this.#ending.signal)]);
    if (this.#ending.signal.aborted) await this.#end();
    await life;
    this.#ended = true;
    await this.#status.write();
    // A pod that completed stays in the API until it is deleted.
    await aborted(this.#ending.signal);
    await rm(this.options.folder, { recursive: true, force: true });
    if (!this.#gone) await this.options.api.delete(podPath(this.pod), { graceSeconds: 0 });
  }

  /** Stops a deleted pod within its grace period. Another call can shorten the period. */
  end(graceMs: number): void {
    if (this.#ending.signal.aborted && graceMs < this.#graceMs) void this.#stopAll(graceMs);
    this.#graceMs = graceMs;
    this.#ending.abort();
  }

  /** Stops the pod immediately: it is no longer in the API, or its node is removed. */
  async vanish(): Promise<void> {
    this.#gone = true;
    this.#status.end();
    this.end(0);
    await this.#stopAll(0);
  }

  async #stopAll(graceMs: number): Promise<void> {
    await Promise.all([...this.#main, ...this.#init].map((container) => container.stop(graceMs)));
  }

  async #live(): Promise<void> {
    await mkdir(this.options.folder, { recursive: true });
    this.#report();
    await this.#mount();
    const sidecars: Promise<void>[] = [];
    for (const container of this.#init) {
      if (this.#ending.signal.aborted) break;
      const running = container.run();
      if (!this.#sidecars.has(container.report.name)) await running;
      else {
        sidecars.push(running);
        await this.#begun(container);
      }
      if (exitCodeOf(container) !== 0 && !this.#sidecars.has(container.report.name)) break;
    }
    const initialized = this.#init.every((one) => this.#sidecars.has(one.report.name) || exitCodeOf(one) === 0);
    if (initialized && !this.#ending.signal.aborted) {
      this.#initialized = true;
      this.#report();
      await Promise.all(this.#main.map((container) => container.run()));
    }
    for (const container of this.#init.toReversed()) await container.stop(this.#graceMs);
    await Promise.all(sidecars);
  }

  async #end(): Promise<void> {
    const deadline = performance.now() + this.#graceMs;
    const leftMs = () => Math.max(0, deadline - performance.now());
    await Promise.all(this.#main.map((container) => container.stop(leftMs())));
    for (const container of this.#init.toReversed()) await container.stop(leftMs());
  }

  /** Writes the volumes as soon as all their sources exist. */
  async #mount(): Promise<void> {
    while (!this.#ending.signal.aborted) {
      try {
        return await this.volumes.write();
      } catch (error) {
        for (const { report } of this.#main)
          report.state = { waiting: { reason: 'ContainerCreating', message: messageOf(error) } };
        this.#report();
      }
      await sleep(RETRY_MS, undefined, { signal: this.#ending.signal }).catch(() => undefined);
    }
  }

  async #begun(sidecar: ContainerRunner): Promise<void> {
    while (!sidecar.report.started && !this.#ending.signal.aborted) await sleep(20);
  }

  #runner(container: Container, restarts: (exitCode: number) => boolean): ContainerRunner {
    const { address, probeEveryMs, backoffMs } = this.options;
    return new ContainerRunner({
      ...{ container, address, probeEveryMs, backoffMs, restarts },
      podUid: this.pod.metadata.uid,
      graceMs: this.#graceMs,
      prepare: () => processFor(this, container),
      onChange: () => this.#report(),
    });
  }

  #facts(): PodFacts {
    return {
      address: this.options.address,
      startedAt: this.#startedAt,
      initialized: this.#initialized,
      initContainers: this.#init.map(({ report }) => report),
      sidecars: this.#sidecars,
      containers: this.#main.map(({ report }) => report),
      ended: this.#ended,
    };
  }

  #report(): void {
    void this.#status.write();
  }
}

function isSidecar({ restartPolicy }: Container): boolean {
  return restartPolicy === 'Always';
}

function exitCodeOf({ report: { state } }: ContainerRunner): number | undefined {
  return 'terminated' in state ? state.terminated.exitCode : undefined;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
