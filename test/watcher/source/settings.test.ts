import { expect } from 'chai';
import { gatewaySchema } from '../../../core/config/gateway.ts';
import { toSettings } from '../../../watcher/source/settings.ts';

const config = (more = {}) => gatewaySchema.parse({ issuer: 'development', backends: 'b', tenants: 't', ...more });
const FACTS = {
  listenUrl: 'http://127.0.0.1:8080',
  developmentIssuer: 'http://127.0.0.1:1',
  folder: '/etc/gateway',
  workers: 2,
};

describe('watcher/source/settings', () => {
  it('accept every name of this machine on loopback', () => {
    const { publicUrl, allowedHosts, allowedOrigins, issuers, sessionLifetimeSeconds } = toSettings(
      config(),
      [],
      FACTS,
    );
    expect({ publicUrl, sessionLifetimeSeconds }).to.deep.equal({
      publicUrl: FACTS.listenUrl,
      sessionLifetimeSeconds: 604_800,
    });
    expect(allowedHosts).to.deep.equal(['127.0.0.1:8080', 'localhost:*', '127.0.0.1:*', '[::1]:*']);
    expect(allowedOrigins).to.include.members(['http://127.0.0.1:8080', 'http://localhost:*', 'https://[::1]:*']);
    expect(issuers.map(({ url }) => url)).to.deep.equal(['http://127.0.0.1:1']);
  });

  it('accept only configured names with a public URL', () => {
    const more = {
      publicUrl: 'https://mcp.example.com/x',
      allowedHosts: ['a.example'],
      allowedOrigins: ['https://b.example'],
    };
    const { publicUrl, allowedHosts, allowedOrigins } = toSettings(config(more), [], FACTS);
    expect({ publicUrl, allowedHosts, allowedOrigins }).to.deep.equal({
      publicUrl: 'https://mcp.example.com/x',
      allowedHosts: ['mcp.example.com', 'a.example'],
      allowedOrigins: ['https://mcp.example.com', 'https://b.example'],
    });
  });

  it('have the configured issuer, or none while the development issuer is not running', () => {
    const issuer = { url: 'https://i.example' };
    expect(toSettings(config({ issuer }), [], FACTS).issuers.map(({ url }) => url)).to.deep.equal([
      'https://i.example',
    ]);
    expect(toSettings(config(), [], { ...FACTS, developmentIssuer: undefined }).issuers).to.deep.equal([]);
  });
});
