import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Logger } from '../log.ts';
import { groupGone, signalGroup } from './group.ts';
import { isAlive, type ProcessIdentity, startMark } from './identity.ts';

/** A child as the record file keeps it: a JSON array of these. */
export interface RecordedChild extends ProcessIdentity {
  name: string;
}

/**
 * Notes a child that was just started, so that the next gateway can end it should this one be killed. Each record file
 * belongs to one process. Reading and writing are synchronous: two children cannot overwrite each other's entry.
 */
export function recordChild(file: string, child: { pid: number; name: string }): void {
  const start = startMark(child.pid);
  if (start === undefined) return; // It ended already.
  const others = readRecords(file).filter((known) => known.pid !== child.pid);
  writeRecords(file, [...others, { pid: child.pid, start, name: child.name }]);
}

/** Takes a child that ended out of the record. */
export function forgetChild(file: string, pid: number): void {
  const records = readRecords(file);
  const others = records.filter((known) => known.pid !== pid);
  if (others.length < records.length) writeRecords(file, others);
}

/**
 * Ends the processes, with their groups, that a killed gateway left behind: SIGTERM, then SIGKILL after `graceMs`
 * (default 3,000). A process counts only when its pid and its start time are those of the record, for the pid may belong
 * to somebody else by now. The record is empty afterwards. Returns what was ended.
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
    const records: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return Array.isArray(records) ? records.filter(isRecord) : [];
  } catch {
    return []; // No file, or one that was damaged: nothing in it could be trusted with a signal.
  }
}

/** A pid of 1 or less would address init, this process's own group, or everybody. */
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
