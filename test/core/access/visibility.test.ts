import { expect } from 'chai';
import type { ItemFilters } from '../../../core/access/filter.ts';
import type { AccessRule } from '../../../core/access/rule.ts';
import { visibilityOf } from '../../../core/access/visibility.ts';

const tools = (allow: string[] | undefined, deny: string[] = []): ItemFilters => ({ tools: { allow, deny } });
const rule = (filters: ItemFilters, more: Partial<AccessRule> = {}): AccessRule => ({
  backends: undefined,
  roles: undefined,
  filters,
  ...more,
});

const NAMES = ['get_issue', 'get_all', 'delete_issue', 'drop'];

/** The names that a caller may use. */
function seen(own: ItemFilters, rules: AccessRule[], roles: string[] = []): string[] {
  const visibility = visibilityOf({ name: 'jira', filters: own }, rules, roles);
  return NAMES.filter((name) => visibility.allows('tools', name));
}

describe('core/access/visibility', () => {
  it('shows everything without filters and rules', () => {
    const visibility = visibilityOf({ name: 'jira', filters: {} }, [], []);
    expect(visibility.hides).to.equal(false);
    expect(visibility.allows('tools', 'anything')).to.equal(true);
  });

  it('shows what the backend allows and does not deny', () => {
    expect(seen(tools(['get_*', 'drop']), [])).to.deep.equal(['get_issue', 'get_all', 'drop']);
    expect(seen(tools(undefined, ['*_all', 'drop']), [])).to.deep.equal(['get_issue', 'delete_issue']);
    expect(seen(tools(['*'], ['drop']), [])).to.deep.equal(['get_issue', 'get_all', 'delete_issue']);
    expect(seen(tools([]), [])).to.deep.equal([]);
  });

  it('shows only what both the backend and the tenant let pass', () => {
    expect(seen(tools(['get_*']), [rule(tools(['*_issue', '*_all'], ['*_all']))])).to.deep.equal(['get_issue']);
    expect(seen(tools(undefined, ['drop']), [rule(tools(['*']))])).to.not.include('drop');
  });

  it('allows what any rule for the caller allows, minus what any of them denies', () => {
    const rules = [rule(tools(['get_*'])), rule(tools(['drop'])), rule(tools(undefined, ['*_all']))];
    expect(seen({}, rules)).to.deep.equal(['get_issue', 'drop']);
  });

  it('can allow more to a role', () => {
    const rules = [rule(tools(['get_*'])), rule(tools(['*']), { roles: ['admin', 'root'] })];
    expect(seen({}, rules)).to.deep.equal(['get_issue', 'get_all']);
    expect(seen({}, rules, ['root'])).to.deep.equal(NAMES);
  });

  it('allows nothing to other callers if only a role is allowed something', () => {
    const rules = [rule(tools(['*']), { roles: ['admin'] })];
    expect(seen({}, rules)).to.deep.equal([]);
    expect(seen({}, rules, ['admin'])).to.deep.equal(NAMES);
  });

  it('can deny something to a role', () => {
    const rules = [rule(tools(undefined, ['delete_*']), { roles: ['intern'] })];
    expect(seen({}, rules)).to.deep.equal(NAMES);
    expect(seen({}, rules, ['intern'])).to.not.include('delete_issue');
  });

  it('ignores rules for other backends', () => {
    expect(seen({}, [rule(tools([]), { backends: ['github'] })])).to.deep.equal(NAMES);
    expect(seen({}, [rule(tools([]), { backends: ['github', 'jira'] })])).to.deep.equal([]);
  });

  it('treats tools, prompts and resources separately', () => {
    const visibility = visibilityOf({ name: 'jira', filters: { prompts: { allow: [], deny: [] } } }, [], []);
    expect(visibility.hides).to.equal(true);
    expect(visibility.hidesOf('prompts')).to.equal(true);
    expect(visibility.hidesOf('tools')).to.equal(false);
    expect(visibility.allows('prompts', 'x')).to.equal(false);
    expect(visibility.allows('tools', 'x')).to.equal(true);
  });

  it('does not allow names longer than any server has', () => {
    expect(
      visibilityOf({ name: 'jira', filters: tools(undefined, ['x']) }, [], []).allows('tools', 'a'.repeat(5_000)),
    ).to.equal(false);
  });

  describe('of resources', () => {
    const hidden = { resources: { allow: undefined, deny: ['file:///secret*'] } };
    const docs = { resources: { allow: ['file:///docs/*'], deny: [] } };
    const may = (filters: ItemFilters, uri: string) =>
      visibilityOf({ name: 'x', filters }, [], []).allows('resources', uri);

    for (const uri of [
      'file:///secret',
      'file:///secret/a',
      'file:///docs/../secret',
      'file:///docs/%2e%2e/secret',
      'file:///%73ecret',
      'file:///./secret',
      'file:////../secret',
      'FILE:///secret',
      'file://localhost/secret',
      'file:///docs/..%252fsecret',
      'file:///docs/%ff/..%2f..%2fsecret',
      'file:///docs%5c..%5csecret',
      'file:////secret',
      'file:///docs//../secret',
      'file:///docs/x?/../../secret',
      'file:///docs/x#/../../secret',
      'file:///docs/?\\..\\..\\secret',
      'file:///docs/x%3f%2f..%2f..%2fsecret',
      'file:///docs/..;/secret',
      'file:///docs/．．/secret',
      'file://secret',
      'file://secret/a',
      'file:///proc/self/root/secret',
      'file:///proc/1/task/1/cwd/secret',
      'file:///secret%00.md',
    ]) {
      it(`${uri} does not reach what is denied`, () => expect(may(hidden, uri)).to.equal(false));
    }
    for (const uri of [
      'https://docs.example/secret',
      'https://user:password@docs.example/secret',
      'https://docs.example/secret?',
      'https://docs.example/secret?a=b',
      'https://docs.example/secret#c',
      'https://docs.example:443//secret',
      'https://DOCS.example/%73ecret%23',
    ]) {
      const one = { resources: { allow: undefined, deny: ['https://docs.example/secret'] } };
      it(`${uri} is the denied page`, () => expect(may(one, uri)).to.equal(false));
    }
    for (const uri of [
      'file:///docs/../etc',
      'file:///docs/%2e%2e/etc',
      'file:///docs/..%2fetc',
      'file:///docs/..%25252fetc',
      'file:///docs/%ff/..%2f..%2fetc',
      'file:///docs//../etc',
      'file:///docs/\\..\\..\\etc',
      'file:///docs/x?/../../etc',
      'file:///docs/x#/../../etc',
      'file:///docs/proc/self/root/etc',
      'file:///docs/a%00b',
      'file://docs/a',
      `file:///docs/%${'25'.repeat(100)}41`,
      'file:///docs',
      'docs/',
    ]) {
      it(`${uri} does not leave what is allowed`, () => expect(may(docs, uri)).to.equal(false));
    }
    it('a drive letter is the same in either case', () => {
      const drive = { resources: { allow: undefined, deny: ['file:///C:/secret*'] } };
      expect(may(drive, 'file:///c:/secret/a')).to.equal(false);
      expect(may(drive, 'file:///c|/secret/a')).to.equal(false);
      expect(may(drive, 'file:///C:/docs/a')).to.equal(true);
    });
    it('allows a URI with dot segments only if it is listed verbatim', () => {
      const listed = { resources: { allow: ['file:///docs/../faq.md', 'file:///docs/*'], deny: [] } };
      expect(may(listed, 'file:///docs/../faq.md')).to.equal(true);
      expect(may(listed, 'file:///docs/../faq.md?')).to.equal(false);
      expect(may({ resources: { allow: undefined, deny: ['x'] } }, 'file:///docs/../faq.md')).to.equal(false);
      expect(may(listed, 'file:///docs/.hidden/..well..known')).to.equal(true);
    });
    it('accepts templates and names with unusual characters', () => {
      expect(may(docs, 'file:///docs/{name}')).to.equal(true);
      expect(may(docs, 'file:///docs/a b%20c.md')).to.equal(true);
      expect(may(docs, 'file:///docs/100%')).to.equal(true);
      expect(may(docs, 'file:///docs/a?b=c%26d#http://e')).to.equal(true);
      expect(may({ resources: { allow: ['file:///a%20b//c'], deny: [] } }, 'file:///a%20b//c')).to.equal(true);
      expect(may({ resources: { allow: ['file:///a%20b'], deny: ['* b'] } }, 'file:///a%20b')).to.equal(false);
      expect(may(docs, 'file:///docs/größe%20%e2%82%ac')).to.equal(true);
      expect(may({ resources: { allow: ['db:*'], deny: ['db:secret'] } }, 'db:list?page=2')).to.equal(true);
    });
  });
});
