import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { cacheDir, stateDir } from '../../runtime/paths.ts';

describe('runtime/paths', () => {
  it('follows the XDG variables', () => {
    expect(cacheDir({ HOME: '/home/ada', XDG_CACHE_HOME: '/var/cache/ada' })).to.equal('/var/cache/ada/mcp-gateway');
    expect(stateDir({ HOME: '/home/ada', XDG_STATE_HOME: '/var/state/ada' })).to.equal('/var/state/ada/mcp-gateway');
  });

  it('uses the XDG defaults without them', () => {
    expect(cacheDir({ HOME: '/home/ada' })).to.equal('/home/ada/.cache/mcp-gateway');
    expect(stateDir({ HOME: '/home/ada' })).to.equal('/home/ada/.local/state/mcp-gateway');
    expect(stateDir({})).to.equal(join(homedir(), '.local/state/mcp-gateway'));
  });

  it('ignores relative and empty values, as the specification requires', () => {
    expect(cacheDir({ HOME: '/home/ada', XDG_CACHE_HOME: 'cache' })).to.equal('/home/ada/.cache/mcp-gateway');
    expect(stateDir({ HOME: '/home/ada', XDG_STATE_HOME: '' })).to.equal('/home/ada/.local/state/mcp-gateway');
  });
});
