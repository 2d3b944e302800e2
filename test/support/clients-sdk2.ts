import {
  Client,
  type OAuthClientProvider,
  StreamableHTTPClientTransport,
  UnauthorizedError,
  type VersionNegotiationMode,
} from '@modelcontextprotocol/client';
import type { ClientKind, Connection, ConnectOptions, Notification } from './clients.ts';
import { bearer, CAPABILITIES, CLIENT_INFO, fillIn, RECONNECTION, ROOTS, SAMPLE } from './clients-answers.ts';
import { Inbox } from './clients-inbox.ts';
import { Wire } from './clients-wire.ts';

function createTransport({ url, token, authProvider, wire }: ConnectOptions, session: { sessionId?: string } = {}) {
  return new StreamableHTTPClientTransport(new URL(url), {
    requestInit: bearer(token),
    reconnectionOptions: RECONNECTION,
    ...(wire === undefined ? {} : { fetch: wire.fetch }),
    ...(authProvider === undefined ? {} : { authProvider: authProvider as OAuthClientProvider }),
    ...session,
  });
}

async function connect(given: ConnectOptions, mode: VersionNegotiationMode): Promise<Connection> {
  const options = { wire: new Wire(), ...given };
  const transport = createTransport(options);
  const client = new Client(CLIENT_INFO, { capabilities: CAPABILITIES, versionNegotiation: { mode } });
  const notifications = new Inbox<Notification>();
  const asked: string[] = [];
  client.fallbackNotificationHandler = async (notification) => notifications.push(notification);
  client.setRequestHandler('sampling/createMessage', ({ method }) => {
    asked.push(method);
    return SAMPLE;
  });
  client.setRequestHandler('elicitation/create', ({ method, params }) => {
    asked.push(method);
    return fillIn(params);
  });
  client.setRequestHandler('roots/list', ({ method }) => {
    asked.push(method);
    return ROOTS;
  });
  await client.connect(transport);
  return {
    client,
    wire: options.wire,
    notifications,
    asked,
    call: (name, args = {}, callOptions = {}) => client.callTool({ name, arguments: args }, callOptions),
    sessionId: () => transport.sessionId,
    protocolVersion: () => client.getNegotiatedProtocolVersion(),
    finishLogin: (redirect) => transport.finishAuth(redirect.searchParams),
    terminate: () => transport.terminateSession(),
    listen: () => client.listen({ toolsListChanged: true }),
  };
}

/** `@modelcontextprotocol/client` 2.x in one mode of version negotiation. */
export function sdk2(name: string, mode: VersionNegotiationMode): ClientKind {
  return {
    name,
    connect: (options) => connect(options, mode),

    async beginLogin(options) {
      const transport = createTransport(options);
      const client = new Client(CLIENT_INFO, { versionNegotiation: { mode } });
      const error = await client.connect(transport).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      if (!(error instanceof UnauthorizedError)) throw new Error('the client did not start a login', { cause: error });
      return {
        async finish(redirect) {
          await transport.finishAuth(redirect.searchParams);
          return connect(options, mode);
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
}
