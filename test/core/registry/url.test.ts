import { expect } from 'chai';
import { serverUrl } from '../../../core/registry/url.ts';

describe('core/registry/url', () => {
  it('fills in what a URL omits', () => {
    expect(serverUrl.parse('https://mcp.example.com')).to.deep.equal({
      tls: true,
      port: 443,
      authority: 'mcp.example.com:443',
      host: 'mcp.example.com',
      path: '/mcp',
    });
    expect(serverUrl.parse('http://127.0.0.1:9000/a/b')).to.deep.equal({
      tls: false,
      port: 9000,
      authority: '127.0.0.1:9000',
      host: '127.0.0.1',
      path: '/a/b',
    });
  });

  it('keeps the brackets of IPv6 only in the authority', () => {
    const { authority, host } = serverUrl.parse('http://[2001:DB8:0::1]:8080/mcp');
    expect({ authority, host }).to.deep.equal({ authority: '[2001:db8::1]:8080', host: '2001:db8::1' });
  });

  for (const [url, reason] of [
    ['a.example:80', 'URL'],
    ['unix:/a', 'URL'],
    ['', 'URL'],
    ['http://u@a.example', 'credentials'],
    ['http://:p@a.example', 'credentials'],
    ['http://a.example/?a=b', 'query'],
    ['http://a.example/#a', 'fragment'],
    ['http://a.example:0', 'port'],
    ['http://a.example:65536', 'URL'],
  ] as const) {
    it(`rejects ${JSON.stringify(url)}`, () => {
      expect(
        serverUrl
          .safeParse(url)
          .error?.issues.map(({ message }) => message)
          .join(),
      ).to.include(reason);
    });
  }
});
