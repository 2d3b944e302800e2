import { expect } from 'chai';
import { pickInputs } from '../../core/lane/inputs.ts';
import { decodeRequest } from '../../ext-authz/decode.ts';
import type { CheckRequest__Output } from '../../protos/gen/envoy/service/auth/v3/CheckRequest.ts';

const question = (headers: Record<string, string>, more = {}): CheckRequest__Output => ({
  attributes: {
    source: { address: { socketAddress: { address: '192.0.2.1' } } },
    request: { http: { method: 'POST', path: '/a/mcp?q', host: 'h:1', headers, ...more } },
    contextExtensions: {},
  },
});

describe('ext-authz/decode', () => {
  it('separates inputs of the decision from those that are only recorded', () => {
    const body = Buffer.from('{}');
    const recorded = { 'x-request-id': 'r', traceparent: 't' };
    const sent = { ...recorded, authorization: 'Bearer x', 'mcp-param-region': 'eu', cookie: 'c', ':method': 'POST' };
    const { request, trace } = decodeRequest(question(sent, { rawBody: body }));
    expect(request).to.deep.include({ method: 'POST', path: '/a/mcp?q', host: 'h:1', body });
    expect(request.headers).to.deep.equal(pickInputs(sent).headers);
    expect([request.headers.authorization, request.placement('mcp-param-region')]).to.deep.equal(['Bearer x', 'eu']);
    expect(trace).to.deep.equal({ requestId: 'r', traceparent: 't', client: '192.0.2.1' });
  });

  it('takes the address of the client from the header that Envoy shows behind trusted proxies', () => {
    expect(decodeRequest(question({ 'x-forwarded-for': '198.51.100.7' })).trace.client).to.equal('198.51.100.7');
  });

  it('knows whether Envoy shows only a part of the body', () => {
    const of = (text: string) => decodeRequest(question({ 'x-envoy-auth-partial-body': text })).request.truncated;
    expect([of('true'), of('false')]).to.deep.equal([true, false]);
  });

  it('tells a question about the caller of a large body from one about the whole request', () => {
    const about = (contextExtensions: Record<string, string>) =>
      decodeRequest({ attributes: { contextExtensions } }).callerOnly;
    expect([about({}), about({ phase: 'caller' }), about({ phase: 'all' })]).to.deep.equal([false, true, false]);
  });

  it('decodes an empty message as an empty request', () => {
    const { request, trace } = decodeRequest({});
    expect(request).to.deep.include({ method: '', path: '', host: '', body: Buffer.alloc(0) });
    expect(Object.values(request.headers).every((value) => value === undefined)).to.equal(true);
    expect(trace).to.deep.equal({ requestId: '', traceparent: undefined, client: '' });
  });
});
