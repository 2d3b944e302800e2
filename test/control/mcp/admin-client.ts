import { join } from 'node:path';
import { Client as Client2 } from '@modelcontextprotocol/client';
import { StdioClientTransport as Stdio2 } from '@modelcontextprotocol/client/stdio';
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as Stdio1 } from '@modelcontextprotocol/sdk/client/stdio.js';
import { z } from 'zod';
import { PROJECT } from '../../support/gateway.ts';

const PROGRAM = join(PROJECT, 'cli', 'bin.js');
const INFO = { name: 'test', version: '1' };

const resultSchema = z.object({
  isError: z.boolean().optional(),
  structuredContent: z.record(z.string(), z.unknown()).optional(),
  content: z.array(z.looseObject({ type: z.string(), text: z.string().default('') })),
});

/** The parts of a listed tool that tests use. */
export interface ListedTool {
  name: string;
  inputSchema: { properties?: Record<string, unknown> | undefined; required?: string[] | undefined };
  outputSchema?: object | undefined;
  annotations?: { readOnlyHint?: boolean | undefined; destructiveHint?: boolean | undefined } | undefined;
}

/** The part of both generations of the SDK that the tests use. */
export interface AdminClient {
  pid: number;
  era: string | undefined;
  instructions: string | undefined;
  tools(): Promise<ListedTool[]>;
  /** Calls a tool that must succeed; returns its structured content. */
  call(name: string, args?: object, onprogress?: (message: string) => void): Promise<Record<string, unknown>>;
  /** Calls a tool that must fail; returns its text. */
  rejection(name: string, args?: object): Promise<string>;
  resources(): Promise<string[]>;
  read(uri: string): Promise<string>;
  prompt(name: string, args?: Record<string, string>): Promise<string>;
  complete(name: string, value: string): Promise<string[]>;
  close(): Promise<void>;
}

/** Kinds of clients: the SDK, and the era that it asks for. */
export const KINDS = ['sdk 1.x', 'client 2.x, legacy', 'client 2.x, auto', 'client 2.x, 2026-07-28'] as const;

/** A kind of client. */
export type Kind = (typeof KINDS)[number];

/** Starts `mcp-gateway serve` with these options, as a client does, and connects. */
export async function connectAdmin(args: string[], kind: Kind = 'client 2.x, auto'): Promise<AdminClient> {
  const parameters = {
    command: process.execPath,
    args: [PROGRAM, 'serve', ...args],
    cwd: PROJECT,
    stderr: 'inherit' as const,
  };
  if (kind === 'sdk 1.x') {
    const transport = new Stdio1(parameters);
    const client = new Client1(INFO, { capabilities: {} });
    await client.connect(transport);
    return toAdmin(client, transport.pid, '2025-11-25');
  }
  const transport = new Stdio2(parameters);
  const mode = kind.endsWith('legacy') ? 'legacy' : kind.endsWith('auto') ? 'auto' : { pin: '2026-07-28' };
  const client = new Client2(INFO, { capabilities: {}, versionNegotiation: { mode } });
  await client.connect(transport);
  return toAdmin(client, transport.pid, client.getNegotiatedProtocolVersion());
}

function toAdmin(client: Client1 | Client2, pid: number | null, era: string | undefined): AdminClient {
  const ask = async (name: string, args: object, onprogress?: (message: string) => void) => {
    const params = { name, arguments: { ...args } };
    const options = onprogress && {
      onprogress: ({ message = '' }: { message?: string | undefined }) => onprogress(message),
    };
    const answer: unknown =
      client instanceof Client1
        ? await client.callTool(params, undefined, options)
        : await client.callTool(params, options);
    return resultSchema.parse(answer);
  };
  return {
    pid: pid ?? 0,
    era,
    instructions: client.getInstructions(),
    tools: async () => (await client.listTools()).tools,
    call: async (name, args = {}, onprogress) => {
      const { isError, structuredContent, content } = await ask(name, args, onprogress);
      const text = content[0]?.text ?? '';
      if (isError || structuredContent === undefined) throw new Error(`${name}: ${text}`);
      if (text !== JSON.stringify(structuredContent))
        throw new Error(`${name}: the text differs from the structure: ${text}`);
      return structuredContent;
    },
    rejection: async (name, args = {}) => {
      const { isError, content } = await ask(name, args);
      if (!isError) throw new Error(`${name} did not fail: ${content[0]?.text}`);
      return content.map(({ text }) => text).join('\n');
    },
    resources: async () => (await client.listResources()).resources.map(({ uri }) => uri),
    read: async (uri) => {
      const [first] = (await client.readResource({ uri })).contents;
      return first !== undefined && 'text' in first ? String(first.text) : '';
    },
    prompt: async (name, args = {}) => {
      const [first] = (await client.getPrompt({ name, arguments: args })).messages;
      return first?.content.type === 'text' ? first.content.text : '';
    },
    complete: async (name, value) => {
      const ref = { type: 'ref/resource' as const, uri: 'mcp-gateway://backends/{name}' };
      return (await client.complete({ ref, argument: { name, value } })).completion.values;
    },
    close: () => client.close(),
  };
}
