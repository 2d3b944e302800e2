/** Name and version of every test client. */
export const CLIENT_INFO = { name: 'gateway-test', version: '1.0.0' };

/** Capabilities of every test client. */
export const CAPABILITIES = { sampling: {}, elicitation: {}, roots: { listChanged: true } };

/** Short delays before a broken stream is resumed. */
export const RECONNECTION = {
  initialReconnectionDelay: 50,
  maxReconnectionDelay: 500,
  reconnectionDelayGrowFactor: 2,
  maxRetries: 10,
};

/** The answer of the client's model. */
export const SAMPLE = {
  role: 'assistant' as const,
  model: 'test-model',
  content: { type: 'text' as const, text: 'forty-two' },
};

/** The client's roots. */
export const ROOTS = { roots: [{ uri: 'file:///projects/one', name: 'One' }] };

/** The input of the client's user: a value for every required field. */
export function fillIn(params: unknown): { action: 'accept'; content: Record<string, string | boolean> } {
  const { requestedSchema } = params as {
    requestedSchema: { properties: Record<string, { type?: string }>; required?: string[] };
  };
  const values = (requestedSchema.required ?? []).map((name): [string, string | boolean] => {
    return [name, requestedSchema.properties[name]?.type === 'boolean' ? true : `typed ${name}`];
  });
  return { action: 'accept', content: Object.fromEntries(values) };
}

/** Headers of a client that does not log in itself but was given a token. */
export function bearer(token: string | undefined): RequestInit {
  return token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } };
}
