import { expect } from 'chai';
import { specOfDocument, specOfFlags } from '../../cli/backend-flags.ts';
import { UserError } from '../../core/errors.ts';

describe('keys of a backend from options', () => {
  it('have the keys of the documents', () => {
    const flags = {
      ...{ image: 'jira:1', env: ['A=1', 'B=x=y'], 'secret-env': ['TOKEN=jira/token', 'OTHER=jira'], replicas: '2' },
      ...{ port: '9000', path: '/mcp', 'health-check': 'http:/up', affinity: 'none', tenant: ['a', 'b'] },
      ...{ 'allow-tool': ['get_*'], 'deny-tool': ['delete_*'], set: ['drain=5m', 'compute={limits: {memory: 64Mi}}'] },
    };
    expect(specOfFlags(flags, [])).to.deep.equal({
      ...{ image: 'jira:1', env: { A: '1', B: 'x=y' }, replicas: 2, port: 9000, path: '/mcp', affinity: 'none' },
      secretEnv: { TOKEN: { name: 'jira', key: 'token' }, OTHER: { name: 'jira', key: 'OTHER' } },
      healthCheck: { type: 'http', path: '/up' },
      tenants: ['a', 'b'],
      tools: { allow: ['get_*'], deny: ['delete_*'] },
      drain: '5m',
      compute: { limits: { memory: '64Mi' } },
    });
  });

  it('are read from commands, Services, and one or several URLs', () => {
    expect(specOfFlags({ sse: true, url: ['https://a.example/sse'] }, [])).to.deep.equal({
      transport: 'sse',
      url: 'https://a.example/sse',
    });
    expect(specOfFlags({ stdio: true }, ['npx', '--yes', 'x'])).to.deep.equal({
      command: ['npx', '--yes', 'x'],
      transport: 'stdio',
    });
    expect(specOfFlags({ service: 'wiki:http' }, [])).to.deep.equal({ service: { name: 'wiki', port: 'http' } });
    expect(specOfFlags({ service: 'wiki:80' }, [])).to.deep.equal({ service: { name: 'wiki', port: 80 } });
    expect(specOfFlags({ url: ['u'] }, [])).to.deep.equal({ url: 'u' });
    expect(specOfFlags({ url: ['u', 'v'] }, [])).to.deep.equal({ urls: ['u', 'v'] });
  });

  it('override those of a document, which may be an MCPBackend', () => {
    const document = specOfDocument(
      '{kind: MCPBackend, metadata: {name: jira}, spec: {image: "jira:1", replicas: 3}}',
      'f',
    );
    expect(specOfFlags({ replicas: '5' }, [], document)).to.deep.equal({ name: 'jira', image: 'jira:1', replicas: 5 });
  });

  it('are rejected in another form', () => {
    for (const flags of [{ env: ['A'] }, { set: ['a={'] }, { 'secret-env': ['=x'] }, { 'health-check': 'HTTP/' }]) {
      expect(() => specOfFlags(flags, []))
        .to.throw(UserError)
        .with.property('code', 'usage');
    }
    expect(() => specOfDocument('[]', 'f'))
      .to.throw(UserError)
      .with.property('code', 'usage');
  });
});
