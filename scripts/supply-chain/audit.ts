// `npm run audit`: known vulnerabilities of what an installed package consists of. Fails if there is one of at least moderate severity, and
// warns if the registry gives no answer.
import { spawnSync } from 'node:child_process';
import { judgeAudit } from './audit-report.ts';

const args = [
  'audit',
  '--omit',
  'dev',
  '--audit-level',
  'moderate',
  '--fetch-retries',
  '0',
  '--fetch-timeout',
  '20000',
];
const options = { encoding: 'utf8', timeout: 60_000, maxBuffer: 1 << 26, shell: process.platform === 'win32' } as const;
const { stdout } = spawnSync('npm', [...args, '--json'], options);
const { fails, message } = judgeAudit(stdout ?? '');
console.error(message);
process.exitCode = fails ? 1 : 0;
