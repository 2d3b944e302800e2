import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { readTextFileSync } from '../files/read-sync.ts';
import type { Logger } from '../log.ts';
import { groupGone, signalGroup } from './group.ts';
import { isAlive, type ProcessIdentity, startMark } from './identity.ts';

/** A child in the record file, which is a JSON array of these. */
export interface RecordedChild extends ProcessIdentity {
  name: string;
}

/**
 * Records a child that was just started, so that the next gateway can end it if this one is killed. Each record file
 * belongs to one process. Reads and writes are synchronous, so entries of two children cannot overwrite each other.
 */
export function recordChild(file: string, child: { pid: number; name: string }): void {
  const start = startMark(child.pid);
  if (start === undefined) return; // It has already ended.
  const others = readRecords(file).filter((known) => known.pid !== child.pid);
  writeRecords(file, [...others, { pid: child.pid, start, name: child.name }]);
}

/** Removes a child that ended from the record. If the record cannot be written, the child stays there: its start time tells it from others. */
export function forgetChild(file: string, pid: number): void {
  const records = readRecords(file);
  const others = records.filter((known) => known.pid !== pid);
  if (others.length === records.length) return;
  try {
    writeRecords(file, others);
  } catch {
    // Such as a full disk, which must not end this process.
  }
}

/**
 * Ends the process groups that a killed gateway left behind: SIGTERM, then SIGKILL after `graceMs` (default 3,000). A process
 * must have the recorded pid and start time, because its pid may now belong to another process. Deletes the record and
 * returns the processes that were ended.
 */
export async function endLeftovers(
  file: string,
  log: Pick<Logger, 'warn'>,
  { graceMs = 3_000 }: { graceMs?: number } = {},
): Promise<RecordedChild[]> {
  const left = readRecords(file).filter(isAlive);
  await Promise.all(
    left.map(async ({ pid, name }) => {
      log.warn({ pid, child: name }, `ending ${name} (process ${pid}), left behind by a gateway that was killed`);
      signalGroup(pid, 'SIGTERM');
      if (await groupGone(pid, graceMs)) return;
      signalGroup(pid, 'SIGKILL');
      await groupGone(pid, graceMs);
    }),
  );
  rmSync(file, { force: true });
  return left;
}

function readRecords(file: string): RecordedChild[] {
  try {
    const records: unknown = JSON.parse(readTextFileSync(file));
    return Array.isArray(records) ? records.filter(isRecord) : [];
  } catch {
    return []; // There is no file, or it is damaged and its pids cannot be trusted.
  }
}

/** A signal to a pid of 1 or less would reach init, the process group of this process, or every process. */
function isRecord(value: unknown): value is RecordedChild {
  if (typeof value !== 'object' || value === null) return false;
  const { pid, start, name } = value as Partial<Record<keyof RecordedChild, unknown>>;
  return Number.isSafeInteger(pid) && Number(pid) > 1 && typeof start === 'string' && typeof name === 'string';
}

function writeRecords(file: string, records: RecordedChild[]): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const temporary = `${file}.${process.pid}.tmp`;
  writeFileSync(temporary, JSON.stringify(records), { mode: 0o600 });
  renameSync(temporary, file);
}
