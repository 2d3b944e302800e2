import { randomBytes } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';

const LINES_AT_ONCE = 10_000;

/** Writes the file of ended sessions of a gateway that has not started: `count` sessions, `eachOwner` of them for each owner. */
export function writeEnded(file: string, count: number, eachOwner: number): void {
  const now = Math.floor(Date.now() / 1000);
  const target = openSync(file, 'w', 0o600);
  let owner = '';
  for (let from = 0; from < count; from += LINES_AT_ONCE) {
    const lines: string[] = [];
    for (let n = from; n < Math.min(count, from + LINES_AT_ONCE); n += 1) {
      if (n % eachOwner === 0) owner = randomBytes(16).toString('hex');
      lines.push(`${randomBytes(16).toString('hex')} ${now + 86_400} ${now} ${owner}\n`);
    }
    writeSync(target, lines.join(''));
  }
  closeSync(target);
}
