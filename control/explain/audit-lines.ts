import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { messageOf, UserError } from '../../core/errors.ts';
import { isRecord } from '../backends/spec.ts';
import type { AuditLine, AuditQuery } from '../installation.ts';

/** Lines of an audit log that match a query, oldest first. Throws a UserError `missing-file` if the log cannot be read. */
export async function findAuditLines(file: string, about: AuditQuery): Promise<AuditLine[]> {
  const found: AuditLine[] = [];
  const input = createReadStream(file, 'utf8');
  try {
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      const record = auditLine(line, about);
      if (record !== undefined) found.push(record);
    }
  } catch (cause) {
    throw new UserError('missing-file', `the audit log cannot be read: ${messageOf(cause)}`, {
      hint: "The audit log is on the gateway's machine; see audit in gateway.yaml.",
      cause,
    });
  }
  return found;
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
