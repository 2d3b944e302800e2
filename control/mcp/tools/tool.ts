import type { McpServer, ServerContext } from '@modelcontextprotocol/server';
import type { z } from 'zod';
import { isRecord } from '../../backends/spec.ts';
import type { Viewer } from '../../explain/session.ts';
import type { Installation } from '../../installation.ts';
import { answer, failure } from '../answer.ts';
import { inputSchemaOf, type JsonSchema, parseArguments, shown } from '../tool-input.ts';

/** What the tools need. */
export interface ToolsOptions {
  installation: Installation;
  /** Whose sessions and requests the caller may see. */
  viewer: Viewer;
  /** Version of this program. */
  version: string;
  /** Called with unexpected errors. */
  report: (error: unknown) => void;
  /** Called after each call of a tool. */
  onCall?: ((call: ToolCall) => void) | undefined;
}

/** A call of a tool, for a log. Of its arguments it has only the subject: others may be rejected credentials. */
export interface ToolCall {
  tool: string;
  /** Whether the call changed something, or would have. */
  changes: boolean;
  /** Backend or tenant; undefined if there is none or the arguments were invalid. */
  about: string | undefined;
  outcome: 'done' | 'refused';
}

/** A tool as clients see it. */
export interface ToolAbout<S extends z.ZodType> {
  title: string;
  description: string;
  input: S;
  /** The schema that clients see. Default: that of `input`. */
  schema?: JsonSchema;
  output: z.ZodType;
  /** Whether it only reads, changes what can be changed back, or deletes. */
  kind: keyof typeof KINDS;
}

const KINDS = {
  read: { readOnlyHint: true, destructiveHint: false, idempotentHint: true },
  change: { readOnlyHint: false, destructiveHint: false, idempotentHint: true },
  destroy: { readOnlyHint: false, destructiveHint: true, idempotentHint: true },
} as const;

/** Adds a tool to a server. */
export type AddTool = <S extends z.ZodType>(
  name: string,
  about: ToolAbout<S>,
  run: (args: z.output<S>, context: ServerContext) => Promise<Record<string, unknown>>,
) => void;

/** Adds tools to a server: arguments are parsed, results are structure and text, errors become results that say what to do. */
export function toolAdder(server: McpServer, { report, onCall }: Pick<ToolsOptions, 'report' | 'onCall'>): AddTool {
  return (name, { title, description, input, schema = inputSchemaOf(input), output, kind }, run) => {
    const annotations = { title, ...KINDS[kind], openWorldHint: false };
    const config = { title, description, inputSchema: shown(schema), outputSchema: output, annotations };
    server.registerTool(name, config, async (given, context) => {
      const call: Omit<ToolCall, 'outcome'> = { tool: name, changes: kind !== 'read', about: undefined };
      try {
        const args = parseArguments(input, given);
        call.about = subjectOf(args);
        const result = await run(args, context);
        const unchanged = result.changed === false || (isRecord(args) && args.dryRun === true);
        onCall?.({ ...call, changes: call.changes && !unchanged, outcome: 'done' });
        return answer(result);
      } catch (error) {
        onCall?.({ ...call, outcome: 'refused' });
        return failure(error, report);
      }
    });
  };
}

function subjectOf(args: unknown): string | undefined {
  const named = isRecord(args) ? (args.name ?? args.tenant_id) : undefined;
  return typeof named === 'string' ? named : undefined;
}
