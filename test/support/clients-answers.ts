/** What every test client says about itself. */
export const CLIENT_INFO = { name: 'gateway-test', version: '1.0.0' };

/** What every test client can do. */
export const CAPABILITIES = { sampling: {}, elicitation: {}, roots: { listChanged: true } };

/** Waits as little as possible before a broken stream is resumed. */
export const RECONNECTION = {
  initialReconnectionDelay: 50,
  maxReconnectionDelay: 500,
  reconnectionDelayGrowFactor: 2,
  maxRetries: 10,
};

/** What the client's model says. */
export const SAMPLE = {
  role: 'assistant' as const,
  model: 'test-model',
  content: { type: 'text' as const, text: 'forty-two' },
};

/** The client's roots. */
export const ROOTS = { roots: [{ uri: 'file:///projects/one', name: 'One' }] };

/** What the client's user types: a value for every required field. */
export function fillIn(params: unknown): { action: 'accept'; content: Record<string, string | boolean> } {
  const { requestedSchema } = params as {
    requestedSchema: { properties: Record<string, { type?: string }>; required?: string[] };
  };
  const values = (requestedSchema.required ?? []).map((name): [string, string | boolean] => {
    return [name, requestedSchema.properties[name]?.type === 'boolean' ? true : `typed ${name}`];
  });
  return { action: 'accept', content: Object.fromEntries(values) };
}

/** Headers of a client that was given its token by somebody. */
export function bearer(token: string | undefined): RequestInit {
  return token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } };
}
