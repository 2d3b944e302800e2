import { z } from 'zod';

const report = z.object({
  auditReportVersion: z.number(),
  vulnerabilities: z.record(z.string(), z.object({ severity: z.string(), range: z.string() })),
});

/** Severities that do not count. */
const MINOR = ['info', 'low'];
const RULE = '='.repeat(80);

/** What the output of `npm audit --json` means. Anything but a report means that the registry gave none. */
export function judgeAudit(output: string): { fails: boolean; message: string } {
  const parsed = report.safeParse(parse(output));
  if (!parsed.success) {
    const lines = [
      'NOT AUDITED: the registry gave no audit report.',
      'Run `npm run audit` where its endpoint can be reached.',
    ];
    return { fails: false, message: [RULE, ...lines, RULE].join('\n') };
  }
  const found = Object.entries(parsed.data.vulnerabilities).filter(([, { severity }]) => !MINOR.includes(severity));
  if (found.length === 0)
    return { fails: false, message: 'audited: no known vulnerability of moderate or higher severity' };
  const lines = found.map(([name, { severity, range }]) => `${name} ${range}: ${severity}`);
  return {
    fails: true,
    message: [...lines, 'Update these packages; `npm audit --omit dev` has the details.'].join('\n'),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
