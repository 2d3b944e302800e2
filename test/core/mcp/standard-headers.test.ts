import { expect } from 'chai';
import { checkStandardHeaders, HEADER_MISMATCH } from '../../../core/mcp/standard-headers.ts';

const CALL = { id: 1, method: 'tools/call', params: { name: 'größe' } };
const ENCODED = `=?base64?${Buffer.from('größe').toString('base64')}?=`;

/** What is wrong with the headers; undefined if they agree with the body. */
function wrong(mcpMethod: string | undefined, mcpName: string | undefined, body: unknown = CALL, required = true) {
  const denial = checkStandardHeaders({ protocolVersion: '2026-07-28', mcpMethod, mcpName }, body, required);
  if (denial !== undefined) expect([denial.status, denial.error.code]).to.deep.equal([400, HEADER_MISMATCH]);
  return denial?.error.message.replace(/^The headers and the body of the request disagree: /, '');
}

describe('core/mcp/standard-headers', () => {
  it('agree with the body', () => {
    expect(wrong('tools/call', ENCODED)).to.equal(undefined);
    expect(wrong(' tools/call ', 'x', { ...CALL, params: { name: 'x' } })).to.equal(undefined);
    expect(wrong('resources/read', 'a:b', { id: 1, method: 'resources/read', params: { uri: 'a:b' } })).to.equal(
      undefined,
    );
    expect(wrong('ping', undefined, { id: 1, method: 'ping' })).to.equal(undefined);
  });

  it('that disagree are denied in either era', () => {
    for (const required of [true, false]) {
      expect(wrong('tools/list', ENCODED, CALL, required)).to.match(/^Mcp-Method /);
      expect(wrong('Tools/call', ENCODED, CALL, required)).to.match(/^Mcp-Method /);
      expect(wrong('tools/call', 'other', CALL, required)).to.match(/^Mcp-Name /);
      expect(wrong('tools/call', `${ENCODED}, ${ENCODED}`, CALL, required)).to.match(/^Mcp-Name /);
    }
  });

  it('are named in the message', () => {
    expect([
      wrong('tools/list', ENCODED),
      wrong('tools/call', 'other'),
      wrong('tools/call', '=?base64?????='),
      wrong('tools/call', undefined),
    ]).to.deep.equal([
      'Mcp-Method names another method',
      'Mcp-Name differs from params.name',
      'Mcp-Name is not encoded as the MCP specification requires',
      'Mcp-Name is missing',
    ]);
  });

  for (const text of ['=?base64?????=', '=?base64?gA==?=', '=?base64?Zw?=', '=?base64?Z3I==?=']) {
    it(`${text} is not a valid encoding`, () => expect(wrong('tools/call', text)).to.match(/^Mcp-Name .*encoded/));
  }

  it('that are missing are denied if they are required', () => {
    expect(wrong(undefined, ENCODED)).to.match(/^Mcp-Method .*missing/);
    expect(wrong('tools/call', undefined)).to.match(/^Mcp-Name .*missing/);
    expect(wrong(undefined, undefined, CALL, false)).to.equal(undefined);
    expect(wrong(undefined, undefined, { method: 'notifications/initialized' })).to.equal(undefined);
    expect(wrong('tasks/get', undefined, { id: 1, method: 'tasks/get', params: { taskId: 't' } })).to.match(
      /^Mcp-Name /,
    );
  });

  it('must include the revision if they are required', () => {
    const headers = { protocolVersion: undefined, mcpMethod: 'tools/call', mcpName: ENCODED };
    expect(checkStandardHeaders(headers, CALL, true)?.error.message).to.match(/: MCP-Protocol-Version is missing$/);
    expect(checkStandardHeaders(headers, CALL, false)).to.equal(undefined);
  });

  it('are not checked if the body names nothing', () => {
    expect(wrong('tools/call', 'x', { id: 1, method: 'tools/call' })).to.equal(undefined);
    expect(wrong('constructor', 'x', { id: 1, method: 'constructor', params: { name: 'y' } })).to.equal(undefined);
    for (const body of [null, [CALL], 'x', { result: {} }]) expect(wrong('a', 'b', body)).to.equal(undefined);
  });
});
