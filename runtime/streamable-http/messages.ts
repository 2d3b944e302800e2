import { z } from 'zod';

const idSchema = z.union([z.string(), z.number()]);

/** The id of a request, as JSON gives it. */
export type MessageId = z.output<typeof idSchema>;

// Only what says where a message goes. A member of another shape is for the two ends to judge.
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

/** One JSON-RPC message: its text, and what of it says where it goes. */
export interface Message {
  kind: 'request' | 'notification' | 'response';
  /** The message in one line, as it was written. */
  line: string;
  /** Of a request or a response; undefined for a response to what could not be read. */
  id: MessageId | undefined;
  method: string | undefined;
  /** The token that a request gives to its progress, or that a progress notification carries. */
  progressToken: MessageId | undefined;
  /** The request that a `notifications/cancelled` is about. */
  requestId: MessageId | undefined;
}

/** Messages of a batch; no session has more requests under way. */
const MAX_BATCH = 1_024;

/**
 * Reads one message, or a batch (MCP 2025-03-26), whose members come apart: stdio servers take one message a line.
 * Undefined for anything else. Text is kept as it was written but for line breaks, which JSON allows between tokens only.
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
  const messages = members.map((member) => readOne(member, isBatch ? JSON.stringify(member) : oneLine(text)));
  const read = messages.filter((message) => message !== undefined);
  return read.length === messages.length && read.length > 0 ? read : undefined;
}

function readOne(value: unknown, line: string): Message | undefined {
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

/** A response with an error, in one line. */
export function errorLine(id: MessageId | null, code: number, message: string): string {
  return JSON.stringify({ jsonrpc: '2.0', id, error: { code, message } });
}
