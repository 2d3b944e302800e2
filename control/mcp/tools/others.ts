import { z } from 'zod';
import { parseOptionSeconds } from '../../../core/document/duration.ts';
import { explainDenial } from '../../explain/denial.ts';
import { explainSession } from '../../explain/session.ts';
import { helmInput } from '../../helm/input.ts';
import { helmValues } from '../../helm/values.ts';
import { denialResult, helmResult, quotaResult, sessionResult } from '../../results.ts';
import { tenantQuota } from '../../tenants/quota.ts';
import { toChanges } from '../../tenants/quota-changes.ts';
import { dryRun } from '../backend-input.ts';
import type { AddTool, ToolsOptions } from './tool.ts';

const IN_FORCE_SECONDS = 10;

const quotaInput = z.strictObject({
  tenant_id: z.string().min(1).describe('name of the tenant'),
  requests: z.number().int().min(1).optional().describe('requests that refill in one period'),
  per: z.enum(['second', 'minute', 'hour', 'day'], 'must be second, minute, hour or day').optional(),
  burst: z
    .union([z.number().int().min(1), z.literal('none')], 'must be a whole number from 1, or none')
    .optional()
    .describe('requests that may come at the same moment; none: as many as refill in a period'),
  set: z
    .string()
    .optional()
    .describe(
      'more changes as KEY=VALUE words, such as users.requests=100 users.per=hour backends.jira=none maxStreams=5',
    ),
  topUp: z
    .strictObject({
      requests: z.number().int().min(1),
      for: z.string().describe('how long they can be used: 90s, 30m, 1h, 7d'),
    })
    .optional()
    .describe('this many more requests, once, until the time is up'),
  dryRun,
});

/** Adds the tools for tenants, requests, sessions and the Helm chart. */
export function addOtherTools(add: AddTool, { installation, viewer }: ToolsOptions): void {
  add(
    'tenant_quota',
    {
      title: 'Quota of a tenant',
      description:
        'Shows the limits of a tenant, their use and what is left. With requests, per, burst, set or topUp it changes them, and shows them before and after.',
      input: quotaInput,
      output: quotaResult,
      kind: 'change',
    },
    ({ tenant_id: tenant, topUp, requests, per, burst, set, ...rest }, { mcpReq: { signal } }) => {
      const extra = topUp && { requests: topUp.requests, seconds: parseOptionSeconds(topUp.for) };
      const changes = toChanges({ requests, per, burst, set });
      const request = { tenant, changes, topUp: extra, ...rest, signal, inForceSeconds: IN_FORCE_SECONDS };
      return tenantQuota(installation, request, Date.now);
    },
  );
  add(
    'explain_session',
    {
      title: 'Explain a session',
      description:
        'Shows from the sealed id of a session its backend, replica, age and owner, and whether it is still alive.',
      input: z.strictObject({ sessionId: z.string().min(1).max(8_192).describe('value of Mcp-Session-Id') }),
      output: sessionResult,
      kind: 'read',
    },
    ({ sessionId }) => explainSession(installation, { sessionId, viewer, nowMs: Date.now() }),
  );
  add(
    'explain_denial',
    {
      title: 'Explain a denial',
      description: 'Shows why a request was denied and what to do, from the id that the client got in x-request-id.',
      input: z.strictObject({ requestId: z.string().min(8).max(200).describe('value of x-request-id') }),
      output: denialResult,
      kind: 'read',
    },
    (args) => explainDenial(installation, { ...args, viewer }),
  );
  add(
    'helm_values',
    {
      title: 'Values for the Helm chart',
      description:
        'Makes a values.yaml for the Helm chart from issuer, backends and tenants, and the command that installs it. Changes nothing.',
      input: helmInput,
      output: helmResult,
      kind: 'read',
    },
    async (args) => helmValues(args),
  );
}
