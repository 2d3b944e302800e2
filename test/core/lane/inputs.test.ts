import { expect } from 'chai';
import type { RequestTrace } from '../../../core/decision/decision.ts';
import { INPUT_ATTRIBUTES, INPUT_BODY, INPUT_HEADERS, type Input, pickInputs } from '../../../core/lane/inputs.ts';
import type { McpMessage } from '../../../core/mcp/message.ts';
import type { HttpRequest } from '../../../ext-authz/check/request.ts';

const USES: Readonly<Record<string, Input>> = INPUT_HEADERS;

describe('core/lane/inputs', () => {
  it('passes on the headers that decide and those that place a request, and no others', () => {
    const listed = Object.fromEntries(Object.keys(INPUT_HEADERS).map((name) => [name, `of ${name}`]));
    const others = { cookie: 'c', 'mcp-unknown': 'x', ':method': 'POST', 'x-mcp-lane': 'open', 'mcp-param': 'x' };
    const { headers, placement } = pickInputs({ ...listed, ...others, 'mcp-param-region': 'eu' });
    const deciding = Object.keys(listed).filter((name) => USES[name]?.use === 'decides');
    expect(headers).to.deep.equal(Object.fromEntries(deciding.map((name) => [name, `of ${name}`])));
    expect(placement('mcp-param-region')).to.equal('eu');
    for (const name of [...Object.keys(listed), ...Object.keys(others)])
      expect(placement(name), name).to.equal(undefined);
  });

  it('distinguishes empty headers from absent ones', () => {
    expect(pickInputs({ origin: '' }).headers.origin).to.equal('');
    expect(pickInputs({}).headers.origin).to.equal(undefined);
  });

  it('is enforced by types', () => {
    const { headers } = pickInputs({ cookie: 'c', 'x-request-id': 'r' });
    // @ts-expect-error a header without a row
    expect(headers.cookie).to.equal(undefined);
    // @ts-expect-error a header that is only recorded
    expect(headers['x-request-id']).to.equal(undefined);
  });

  // These records do not compile once a request or a message has a part that no row accounts for.
  it('has a row for each part of a request', () => {
    const attributes: Record<
      keyof Omit<HttpRequest, 'headers' | 'placement' | 'body' | 'truncated'>,
      keyof typeof INPUT_ATTRIBUTES
    > = { method: 'method', path: 'path', host: 'host' };
    const recorded: Record<keyof RequestTrace, keyof typeof INPUT_ATTRIBUTES | keyof typeof INPUT_HEADERS> = {
      requestId: 'x-request-id',
      traceparent: 'traceparent',
      client: 'client',
    };
    const rows: Readonly<Record<string, Input>> = { ...INPUT_ATTRIBUTES, ...INPUT_HEADERS };
    for (const name of Object.values(attributes)) expect(rows[name]?.use, name).to.equal('decides');
    for (const name of Object.values(recorded)) expect(rows[name]?.use, name).to.equal('recorded');
  });

  it('has a row for each part of a message', () => {
    const parts: Record<keyof McpMessage, keyof typeof INPUT_BODY> = {
      era: 'envelope',
      id: 'id',
      methods: 'method',
      items: 'names',
      lists: 'method',
      initialize: 'method',
    };
    expect([...new Set([...Object.values(parts), 'form', 'truncated'])].sort()).to.deep.equal(
      Object.keys(INPUT_BODY).sort(),
    );
    expect(INPUT_BODY.id.use).to.equal('echoed');
  });
});
