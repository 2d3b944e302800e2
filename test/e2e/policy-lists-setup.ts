import { type RawServer, startRawServer } from '../fixtures/list-server/raw.ts';
import { callerHeaders, openSession } from '../fixtures/replica-server/client.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';

export const JSON_TYPE = { 'content-type': 'application/json' };
export const EVENTS = { 'content-type': 'text/event-stream' };

/** A request for a list. */
export const LIST = '{"jsonrpc":"2.0","id":"mine","method":"tools/list"}';

const kept = '{ "n" : 12345678901234567890 ,\t"name":"get_\\u0061" , "x":"\\ud83d\\ude00ä"}';

/** A response to it that is hard to preserve byte by byte. */
export const LISTED = ` {"id" :"mine","result": {"tools" :[\r\n {"name":"drop"} ,  ${kept}\t,{"name":"drop"}\n] } } \n`;

/** The part that a developer may see. */
export const SHOWN = ` {"id" :"mine","result": {"tools" :[\r\n ${kept}\n] } } \n`;

/** A gateway in front of a raw server, as backend `raw`. */
export interface RawSetup {
  server: RawServer;
  gateway: TestGateway;
  /** Tokens of a developer, who may use some tools, and of a lead, who may use all. */
  token: string;
  lead: string;
  /** A session of the developer. */
  session: string;
  stop(): Promise<void>;
}

/** A tenants document in which developers may use these tools. */
export function rules(allow: string[]) {
  const match = [{ claim: 'tenant', value: 'engineering' }];
  const roles = [{ name: 'lead', match: [{ claim: 'sub', value: 'lea' }] }];
  const everything = { roles: ['lead'], tools: { allow: ['*'] } };
  return { tenants: [{ name: 'engineering', match, roles, rules: [{ tools: { allow } }, everything] }] };
}

/** Starts it; developers may use tools whose name begins with `get_`. */
export async function startRaw(tenants: object = rules(['get_*'])): Promise<RawSetup> {
  const server = await startRawServer();
  const backends = { raw: { name: 'raw', url: server.url, healthCheck: { type: 'none' } } };
  const gateway = await startGateway({ backends, tenants: { ...tenants } });
  const token = await gateway.token({ subject: 'dev' });
  const { session } = await openSession(gateway.backendUrl('raw'), { token });
  const stop = async () => {
    await gateway.stop();
    await server.stop();
  };
  return { server, gateway, token, lead: await gateway.token({ subject: 'lea' }), session, stop };
}

/** The headers of a client. */
export function headersOf(token: string, session?: string): Record<string, string> {
  const accept = 'application/json, text/event-stream';
  return { ...JSON_TYPE, accept, ...callerHeaders(session === undefined ? { token } : { token, session }) };
}
