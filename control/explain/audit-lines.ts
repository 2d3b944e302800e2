import { constants } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { messageOf, UserError } from '../../core/errors.ts';
import { assertReadable } from '../../runtime/files/kind.ts';
import { filesOfLog } from '../../runtime/logs/rotation.ts';
import { isRecord } from '../backends/spec.ts';
import type { AuditLine, AuditQuery } from '../installation.ts';

/**
 * Lines of an audit log and its rotated files that match a query, oldest first. Throws a UserError `missing-file` if the log cannot be
 * read.
 */
export async function findAuditLines(file: string, about: AuditQuery): Promise<AuditLine[]> {
  const found: AuditLine[] = [];
  const files: FileHandle[] = [];
  try {
    // All are opened first, so that a rotation meanwhile hides none.
    for (const path of filesOfLog(await realpath(file).catch(() => file))) files.push(await openLog(path));
    for (const input of files) {
      for await (const line of input.readLines({ encoding: 'utf8' })) {
        const record = auditLine(line, about);
        if (record !== undefined) found.push(record);
      }
    }
  } catch (cause) {
    throw new UserError('missing-file', `the audit log ${file} cannot be read: ${messageOf(cause)}`, {
      hint: "The audit log is on the gateway's machine; see audit in gateway.yaml.",
      cause,
    });
  } finally {
    await Promise.all(files.map((input) => input.close()));
  }
  return found;
}

async function openLog(file: string): Promise<FileHandle> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    assertReadable(await handle.stat(), Number.POSITIVE_INFINITY);
  } catch (error) {
    await handle.close();
    throw error;
  }
  return handle;
}

/** A line of an audit log, parsed; undefined if it does not match the query or is another kind of log line. */
export function auditLine(line: string, { key, value }: AuditQuery): AuditLine | undefined {
  // Most lines do not match, and parsing is the expensive part.
  if (!line.includes(value)) return undefined;
  try {
    const record: unknown = JSON.parse(line);
    return isRecord(record) && record[key] === value && ('decision' in record || 'event' in record)
      ? record
      : undefined;
  } catch {
    return undefined;
  }
}
