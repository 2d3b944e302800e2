import type { McpServer, ServerContext } from '@modelcontextprotocol/server';
import type { z } from 'zod';
import { isRecord } from '../../backends/spec.ts';
import type { Viewer } from '../../explain/session.ts';
import type { Installation } from '../../installation.ts';
import { answer, failure } from '../answer.ts';
import { inputSchemaOf, type JsonSchema, parseArguments, shown } from '../tool-input.ts';

/** What the tools work with. */
export interface ToolsOptions {
  installation: Installation;
  /** Whose sessions may be explained. */
  viewer: Viewer;
  /** Of this program. */
  version: string;
  /** Told of what nobody foresaw. */
  report: (error: unknown) => void;
  /** Told of each call of a tool, once it is over. */
  onCall?: ((call: ToolCall) => void) | undefined;
}

/** A call of a tool, for a log. Of its arguments only what it was about: others may be credentials that were refused. */
export interface ToolCall {
  tool: string;
  /** It did, or would have done, more than look. */
  changes: boolean;
  /** Backend or tenant; undefined where there is none, or the arguments were wrong. */
  about: string | undefined;
  outcome: 'done' | 'refused';
}

/** A tool as clients see it. */
export interface ToolAbout<S extends z.ZodType> {
  title: string;
  description: string;
  input: S;
  /** What clients are told of the input. Default: what it takes in. */
  schema?: JsonSchema;
  output: z.ZodType;
  /** Whether it only looks, changes what can be changed back, or takes away. */
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

/** How tools are added to a server: arguments are parsed, results come as structure and text, errors as ones to act on. */
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
        const looked = result.changed === false || (isRecord(args) && args.dryRun === true);
        onCall?.({ ...call, changes: call.changes && !looked, outcome: 'done' });
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
