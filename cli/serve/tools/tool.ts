import type { McpServer, ServerContext } from '@modelcontextprotocol/server';
import type { z } from 'zod';
import type { ManagedFleet } from '../../manage/port.ts';
import type { Viewer } from '../../manage/session.ts';
import { answer, failure } from '../answer.ts';
import { inputSchemaOf, type JsonSchema, parseArguments, shown } from '../tool-input.ts';

/** What the tools work with. */
export interface ToolsOptions {
  fleet: ManagedFleet;
  /** Whose sessions may be explained. */
  viewer: Viewer;
  /** Of this program. */
  version: string;
  /** Told of what nobody foresaw. */
  report: (error: unknown) => void;
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
export function toolAdder(server: McpServer, report: ToolsOptions['report']): AddTool {
  return (name, { title, description, input, schema = inputSchemaOf(input), output, kind }, run) => {
    const annotations = { title, ...KINDS[kind], openWorldHint: false };
    const config = { title, description, inputSchema: shown(schema), outputSchema: output, annotations };
    server.registerTool(name, config, async (given, context) => {
      try {
        return answer(await run(parseArguments(input, given), context));
      } catch (error) {
        return failure(error, report);
      }
    });
  };
}
