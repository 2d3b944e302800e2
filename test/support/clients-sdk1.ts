import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  CallToolResultSchema,
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import type { ClientKind, Connection, ConnectOptions, Notification } from './clients.ts';
import { bearer, CAPABILITIES, CLIENT_INFO, fillIn, RECONNECTION, ROOTS, SAMPLE } from './clients-answers.ts';
import { Inbox } from './clients-inbox.ts';
import { Wire } from './clients-wire.ts';

function createTransport({ url, token, authProvider, wire }: ConnectOptions, session: { sessionId?: string } = {}) {
  return new StreamableHTTPClientTransport(new URL(url), {
    requestInit: bearer(token),
    reconnectionOptions: RECONNECTION,
    ...(wire === undefined ? {} : { fetch: wire.fetch }),
    ...(authProvider === undefined ? {} : { authProvider }),
    ...session,
  });
}

async function connect(given: ConnectOptions): Promise<Connection> {
  const options = { wire: new Wire(), ...given };
  const transport = createTransport(options);
  const client = new Client(CLIENT_INFO, { capabilities: CAPABILITIES });
  const notifications = new Inbox<Notification>();
  const asked: string[] = [];
  client.fallbackNotificationHandler = async (notification) => notifications.push(notification);
  client.setRequestHandler(CreateMessageRequestSchema, ({ method }) => {
    asked.push(method);
    return SAMPLE;
  });
  client.setRequestHandler(ElicitRequestSchema, ({ method, params }) => {
    asked.push(method);
    return fillIn(params);
  });
  client.setRequestHandler(ListRootsRequestSchema, ({ method }) => {
    asked.push(method);
    return ROOTS;
  });
  // The interface lacks the `undefined` of the class, which matters only with `exactOptionalPropertyTypes`.
  await client.connect(transport as Transport);
  return {
    client,
    wire: options.wire,
    notifications,
    asked,
    call: async (name, args = {}, callOptions = {}) =>
      CallToolResultSchema.parse(await client.callTool({ name, arguments: args }, CallToolResultSchema, callOptions)),
    sessionId: () => transport.sessionId,
    protocolVersion: () => transport.protocolVersion,
    finishLogin: (redirect) => transport.finishAuth(redirect.searchParams.get('code') ?? ''),
    terminate: () => transport.terminateSession(),
  };
}

/** `@modelcontextprotocol/sdk` 1.x. */
export const sdk1: ClientKind = {
  name: 'sdk 1.x',
  connect,

  async beginLogin(options) {
    const transport = createTransport(options);
    const error = await new Client(CLIENT_INFO).connect(transport as Transport).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof UnauthorizedError)) throw new Error('the client did not start a login', { cause: error });
    return {
      async finish(redirect) {
        await transport.finishAuth(redirect.searchParams.get('code') ?? '');
        return connect(options);
      },
    };
  },

  async sendInSession({ sessionId, ...options }, message) {
    const transport = createTransport(options, { sessionId });
    await transport.start();
    try {
      await transport.send({ jsonrpc: '2.0', ...message });
    } finally {
      await transport.close();
    }
  },
};
