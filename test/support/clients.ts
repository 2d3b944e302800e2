import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';
import type { Inbox } from './clients-inbox.ts';
import { sdk1 } from './clients-sdk1.ts';
import { sdk2 } from './clients-sdk2.ts';
import type { Wire } from './clients-wire.ts';

/** What a client connects with. */
export interface ConnectOptions {
  url: string;
  /** Sent as a bearer token with every request. */
  token?: string;
  /** Logs in by itself instead. */
  authProvider?: OAuthClientProvider;
  /** What the client's requests go through. Default: a new one. */
  wire?: Wire;
}

/** A notification as it arrived. */
export interface Notification {
  method: string;
  params?: Record<string, unknown> | undefined;
}

/** What a tool call may bring along. */
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

/** The part of `Client` that both generations of the SDK have in common. */
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
  /** What the client asked its user, its model or for its roots, by method, in order. */
  asked: string[];
  call(name: string, args?: Record<string, unknown>, options?: CallOptions): Promise<CallResult>;
  /** The session id that the client holds. */
  sessionId(): string | undefined;
  protocolVersion(): string | undefined;
  /** Hands the redirect of a login over that the client asked for while it was connected; the next call goes on with it. */
  finishLogin(redirect: URL): Promise<void>;
  /** Sends DELETE for the session. */
  terminate(): Promise<void>;
  /** Opens `subscriptions/listen` for the tool list; only modern connections have it. */
  listen?: () => Promise<{ close(): Promise<void>; closed: Promise<string> }>;
}

/** The first half of a login: connecting was refused until the person has come back. */
export interface PendingLogin {
  /** Hands the redirect over to the client and connects anew. */
  finish(redirect: URL): Promise<Connection>;
}

/** One official client in one mode. */
export interface ClientKind {
  name: string;
  connect(options: ConnectOptions): Promise<Connection>;
  /** Connects without a token. Throws when the client does not ask for a login. */
  beginLogin(options: ConnectOptions): Promise<PendingLogin>;
  /** Sends one message on a session as it stands, with no handshake. Resolves, or rejects as the client's transport does. */
  sendInSession(
    options: ConnectOptions & { sessionId: string },
    message: { id: number; method: string },
  ): Promise<void>;
}

/** `@modelcontextprotocol/sdk` 1.x. */
export const SDK1: ClientKind = sdk1;
/** `@modelcontextprotocol/client` 2.x as it comes: no negotiation. */
export const SDK2_LEGACY: ClientKind = sdk2('client 2.x, legacy', 'legacy');
/** `@modelcontextprotocol/client` 2.x that finds out which era the server speaks. */
export const SDK2_AUTO: ClientKind = sdk2('client 2.x, auto', 'auto');
/** `@modelcontextprotocol/client` 2.x that speaks nothing but 2026-07-28. */
export const SDK2_PINNED: ClientKind = sdk2('client 2.x, pinned', { pin: '2026-07-28' });

/** The text of a result's first content. */
export function textOf(result: CallResult): string {
  return result.content[0]?.text ?? '';
}
