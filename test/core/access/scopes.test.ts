import { expect } from 'chai';
import { neededScopes, scopeName } from '../../../core/access/scopes.ts';

const RULES = [
  { tools: undefined, need: ['mcp'] },
  { tools: ['delete_*', 'drop'], need: ['jira.write', 'mcp'] },
  { tools: ['drop'], need: ['jira.admin'] },
];

describe('core/access/scopes', () => {
  it('of the backend are needed for every request', () => {
    expect(neededScopes(RULES, [])).to.deep.equal(['mcp']);
    expect(neededScopes(RULES, ['get_issue'])).to.deep.equal(['mcp']);
    expect(neededScopes([], ['get_issue'])).to.deep.equal([]);
  });
  it('of every called tool are needed, each once', () => {
    expect(neededScopes(RULES, ['delete_issue'])).to.deep.equal(['mcp', 'jira.write']);
    expect(neededScopes(RULES, ['get_issue', 'drop'])).to.deep.equal(['mcp', 'jira.write', 'jira.admin']);
  });
  it('are spelled as OAuth requires', () => {
    for (const name of ['mcp', 'api://x/y', 'a.b:c-d_e'])
      expect(scopeName.safeParse(name).success, name).to.equal(true);
    for (const name of ['', 'a b', 'a"b', 'a\\b', 'ä', 'a\n'])
      expect(scopeName.safeParse(name).success, name).to.equal(false);
  });
});
