import { expect } from 'chai';
import { checkStandardHeaders, HEADER_MISMATCH } from '../../../core/mcp/standard-headers.ts';

const CALL = { id: 1, method: 'tools/call', params: { name: 'größe' } };
const ENCODED = `=?base64?${Buffer.from('größe').toString('base64')}?=`;

/** The word that tells what is wrong; undefined when nothing is. */
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

  it('that disagree are refused in either era', () => {
    for (const required of [true, false]) {
      expect(wrong('tools/list', ENCODED, CALL, required)).to.equal('Mcp-Method names another method');
      expect(wrong('Tools/call', ENCODED, CALL, required)).to.equal('Mcp-Method names another method');
      expect(wrong('tools/call', 'other', CALL, required)).to.equal('Mcp-Name differs from params.name');
      expect(wrong('tools/call', `${ENCODED}, ${ENCODED}`, CALL, required)).to.match(/^Mcp-Name /);
    }
  });

  for (const text of ['=?base64?????=', '=?base64?gA==?=', '=?base64?Zw?=', '=?base64?Z3I==?=']) {
    it(`${text} is no encoding`, () => expect(wrong('tools/call', text)).to.match(/is not in the encoding/));
  }

  it('that are missing are refused where they are required', () => {
    expect(wrong(undefined, ENCODED)).to.equal('Mcp-Method is missing');
    expect(wrong('tools/call', undefined)).to.equal('Mcp-Name is missing');
    expect(wrong(undefined, undefined, CALL, false)).to.equal(undefined);
    expect(wrong(undefined, undefined, { method: 'notifications/initialized' })).to.equal(undefined);
    expect(wrong('tasks/get', undefined, { id: 1, method: 'tasks/get', params: { taskId: 't' } })).to.equal(
      'Mcp-Name is missing',
    );
  });

  it('must include the revision where it is required', () => {
    const headers = { protocolVersion: undefined, mcpMethod: 'tools/call', mcpName: ENCODED };
    expect(checkStandardHeaders(headers, CALL, true)?.error.message).to.match(/: MCP-Protocol-Version is missing$/);
    expect(checkStandardHeaders(headers, CALL, false)).to.equal(undefined);
  });

  it('are not looked at where the body names nothing', () => {
    expect(wrong('tools/call', 'x', { id: 1, method: 'tools/call' })).to.equal(undefined);
    expect(wrong('constructor', 'x', { id: 1, method: 'constructor', params: { name: 'y' } })).to.equal(undefined);
    for (const body of [null, [CALL], 'x', { result: {} }]) expect(wrong('a', 'b', body)).to.equal(undefined);
  });
});
