import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDead, type ProcStat, readProcStat } from './identity.ts';

/** Environment variable that marks a process and all that it starts. Its value is unguessable, and new for each process. */
export const MARK_VARIABLE = 'MCP_GATEWAY_SESSION';

const POLL_MS = 20;
/** Rounds of signals: processes may start others while they end. */
const MAX_ROUNDS = 8;

/** A process in /proc. */
export interface Member {
  readonly pid: number;
  /** See {@link ProcStat.startTicks}. */
  readonly startTicks: string;
}

interface Seen extends Member {
  readonly parent: number;
  readonly mark: string | undefined;
}

/**
 * The living processes of a family: the given ones, those that carry the mark in the environment with which they were started, and the
 * descendants of all of them. A process may thus leave its group, its session and its parent, and clear its environment; it is lost
 * only if it does both between two calls. Only on Linux; elsewhere the result is empty.
 */
export async function findFamily(mark: string, known: readonly Member[]): Promise<Member[]> {
  const all = await look();
  const family = new Map<number, Member>();
  const add = (member: Seen): void => {
    if (family.has(member.pid)) return;
    family.set(member.pid, { pid: member.pid, startTicks: member.startTicks });
    for (const child of all) if (child.parent === member.pid) add(child);
  };
  for (const one of all) if (one.mark === mark || known.some((other) => isSame(one, other))) add(one);
  return [...family.values()];
}

/** Ends what is left of a family: SIGTERM, then SIGKILL after `graceMs`, until {@link findFamily} finds no more. */
export async function endFamily(mark: string, known: readonly Member[], graceMs: number): Promise<void> {
  let family = known;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    family = await findFamily(mark, family);
    if (family.length === 0) return;
    for (const member of family) signal(member, round === 0 ? 'SIGTERM' : 'SIGKILL');
    const deadline = performance.now() + graceMs;
    while (family.some(lives) && performance.now() < deadline) await sleep(POLL_MS);
  }
}

function isSame(one: Member, other: Member): boolean {
  return one.pid === other.pid && one.startTicks === other.startTicks;
}

function lives({ pid, startTicks }: Member): boolean {
  const stat = readProcStat(pid);
  return stat !== undefined && !isDead(stat) && stat.startTicks === startTicks;
}

function signal(member: Member, name: NodeJS.Signals): void {
  if (!lives(member)) return;
  try {
    process.kill(member.pid, name);
  } catch {
    // It has ended meanwhile, or belongs to another user.
  }
}

// Many sessions may end together: those that ask while one look is under way share the next one.
let current: Promise<unknown> = Promise.resolve();
let next: Promise<readonly Seen[]> | undefined;

function look(): Promise<readonly Seen[]> {
  next ??= current.then(() => {
    const processes = readProcesses();
    current = processes;
    next = undefined;
    return processes;
  });
  return next;
}

async function readProcesses(): Promise<readonly Seen[]> {
  const entries = process.platform === 'linux' ? await readdir('/proc').catch(() => []) : [];
  const seen = await Promise.all(entries.filter((entry) => /^\d+$/.test(entry)).map(readProcess));
  return seen.filter((one) => one !== undefined);
}

async function readProcess(entry: string): Promise<Seen | undefined> {
  const stat: ProcStat | undefined = readProcStat(entry);
  if (stat === undefined || isDead(stat)) return undefined;
  // The environment of another user's process cannot be read.
  const environment = await readFile(`/proc/${entry}/environ`, 'latin1').catch(() => '');
  const prefix = `${MARK_VARIABLE}=`;
  const mark = environment.split('\0').find((variable) => variable.startsWith(prefix));
  return {
    ...{ pid: Number(entry), parent: stat.parent, startTicks: stat.startTicks },
    mark: mark?.slice(prefix.length),
  };
}
