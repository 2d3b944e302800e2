import { z } from 'zod';

const idSchema = z.union([z.string(), z.number()]);

/** The id of a JSON-RPC request. */
export type MessageId = z.output<typeof idSchema>;

// Only the members that decide where a message goes. Client and server validate the rest.
const schema = z.object({
  jsonrpc: z.literal('2.0'),
  id: idSchema.nullish(),
  method: z.string().optional(),
  params: z
    .object({
      progressToken: idSchema.optional().catch(undefined),
      requestId: idSchema.optional().catch(undefined),
      _meta: z
        .object({ progressToken: idSchema.optional().catch(undefined) })
        .optional()
        .catch(undefined),
    })
    .optional()
    .catch(undefined),
});

/** One JSON-RPC message: its text, and the members that decide where it goes. */
export interface Message {
  kind: 'request' | 'notification' | 'response';
  /** The unchanged text of the message, in one line. */
  line: string;
  /** Undefined for a notification, and for a response with the id null. */
  id: MessageId | undefined;
  method: string | undefined;
  /** The token in a request that asks for progress, or in a progress notification. */
  progressToken: MessageId | undefined;
  /** The id of the request that a `notifications/cancelled` cancels. */
  requestId: MessageId | undefined;
}

/** Messages in a batch: as many as a session may have unanswered requests. */
const MAX_BATCH = 1_024;

/**
 * Parses one message, or a batch (MCP 2025-03-26) into its members, because stdio servers read one message per line.
 * Undefined for anything else. The text stays unchanged except for line breaks, which JSON allows only between tokens.
 */
export function readMessages(text: string): Message[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const isBatch = Array.isArray(value);
  const members: unknown[] = [value].flat();
  if (members.length > MAX_BATCH) return undefined;
  const messages = members.map((member) => readOne(member, isBatch ? textOf(member) : oneLine(text)));
  const read = messages.filter((message) => message !== undefined);
  return read.length === messages.length && read.length > 0 ? read : undefined;
}

// JSON.parse accepts deeper nesting than JSON.stringify.
function textOf(member: unknown): string | undefined {
  try {
    return JSON.stringify(member);
  } catch {
    return undefined;
  }
}

function readOne(value: unknown, line: string | undefined): Message | undefined {
  if (line === undefined) return undefined;
  const parsed = schema.safeParse(value);
  if (!parsed.success) return undefined;
  const { id, method, params } = parsed.data;
  const isRequest = method !== undefined && id !== undefined && id !== null;
  const common = { line, id: id ?? undefined, method };
  if (method === undefined) {
    const isResponse = Object.hasOwn(Object(value), 'result') || Object.hasOwn(Object(value), 'error');
    return isResponse ? { ...common, kind: 'response', progressToken: undefined, requestId: undefined } : undefined;
  }
  return {
    ...common,
    kind: isRequest ? 'request' : 'notification',
    progressToken: isRequest ? params?._meta?.progressToken : params?.progressToken,
    requestId: params?.requestId,
  };
}

function oneLine(text: string): string {
  return text.trim().replace(/[\r\n]+/g, ' ');
}

/** An error response in one line. */
export function errorLine(id: MessageId | null, code: number, message: string): string {
  return JSON.stringify({ jsonrpc: '2.0', id, error: { code, message } });
}
