import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';
import type { Inbox } from './clients-inbox.ts';
import { sdk1 } from './clients-sdk1.ts';
import { sdk2 } from './clients-sdk2.ts';
import type { Wire } from './clients-wire.ts';

/** Where and how a client connects. */
export interface ConnectOptions {
  url: string;
  /** Sent as a bearer token with every request. */
  token?: string;
  /** The client logs in with this instead. */
  authProvider?: OAuthClientProvider;
  /** Records the client's requests. Default: a new one. */
  wire?: Wire;
}

/** A notification as it arrived. */
export interface Notification {
  method: string;
  params?: Record<string, unknown> | undefined;
}

/** Options of a tool call. */
export interface CallOptions {
  onprogress?: (progress: { progress: number; total?: number | undefined }) => void;
  signal?: AbortSignal;
}

/** A tool result, as far as tests look at it. */
export interface CallResult {
  content: ReadonlyArray<{ type: string; text?: string }>;
  structuredContent?: unknown;
  isError?: boolean | undefined;
}

type Named = ReadonlyArray<{ name: string }>;
type Done = Promise<unknown>;

/** The part of `Client` that both generations of the SDK share. */
export interface McpClient {
  listTools(): Promise<{ tools: Named }>;
  listPrompts(): Promise<{ prompts: Named }>;
  listResources(): Promise<{ resources: ReadonlyArray<{ uri: string }> }>;
  listResourceTemplates(): Promise<{ resourceTemplates: ReadonlyArray<{ uriTemplate: string }> }>;
  readResource(params: {
    uri: string;
  }): Promise<{ contents: ReadonlyArray<{ uri: string; text?: string; blob?: string }> }>;
  getPrompt(params: { name: string; arguments?: Record<string, string> }): Promise<{ messages: ReadonlyArray<object> }>;
  complete(params: {
    ref: { type: 'ref/prompt'; name: string };
    argument: { name: string; value: string };
    context?: { arguments: Record<string, string> };
  }): Promise<{ completion: { values: string[] } }>;
  setLoggingLevel(level: 'debug' | 'info'): Done;
  subscribeResource(params: { uri: string }): Done;
  unsubscribeResource(params: { uri: string }): Done;
  sendRootsListChanged(): Done;
  getServerVersion(): { name: string } | undefined;
  close(): Promise<void>;
}

/** A connected client. */
export interface Connection {
  client: McpClient;
  wire: Wire;
  /** Notifications other than progress. */
  notifications: Inbox<Notification>;
  /** The methods of the requests that the client answered (for its user, its model, its roots), in order. */
  asked: string[];
  call(name: string, args?: Record<string, unknown>, options?: CallOptions): Promise<CallResult>;
  /** The session id that the client holds. */
  sessionId(): string | undefined;
  protocolVersion(): string | undefined;
  /** Passes on the redirect of a login that the client started while it was connected; the next call uses its token. */
  finishLogin(redirect: URL): Promise<void>;
  /** Sends DELETE for the session. */
  terminate(): Promise<void>;
  /** Opens `subscriptions/listen` for the tool list; only on connections with 2026-07-28. */
  listen?: () => Promise<{ close(): Promise<void>; closed: Promise<string> }>;
}

/** A login that has started: the client waits for the redirect of the browser. */
export interface PendingLogin {
  /** Passes the redirect to the client and connects again. */
  finish(redirect: URL): Promise<Connection>;
}

/** One official client in one mode. */
export interface ClientKind {
  name: string;
  connect(options: ConnectOptions): Promise<Connection>;
  /** Connects without a token. Rejects if the client does not start a login. */
  beginLogin(options: ConnectOptions): Promise<PendingLogin>;
  /** Sends one message on an open session, without a handshake. Rejects if the client's transport does. */
  sendInSession(
    options: ConnectOptions & { sessionId: string },
    message: { id: number; method: string },
  ): Promise<void>;
}

/** `@modelcontextprotocol/sdk` 1.x. */
export const SDK1: ClientKind = sdk1;
/** `@modelcontextprotocol/client` 2.x with its default, without negotiation. */
export const SDK2_LEGACY: ClientKind = sdk2('client 2.x, legacy', 'legacy');
/** `@modelcontextprotocol/client` 2.x that detects the era of the server. */
export const SDK2_AUTO: ClientKind = sdk2('client 2.x, auto', 'auto');
/** `@modelcontextprotocol/client` 2.x that accepts only 2026-07-28. */
export const SDK2_PINNED: ClientKind = sdk2('client 2.x, pinned', { pin: '2026-07-28' });

/** The text of the first content of a result. */
export function textOf(result: CallResult): string {
  return result.content[0]?.text ?? '';
}
