import { expect } from 'chai';
import { serverUrl } from '../../../core/registry/url.ts';

describe('core/registry/url', () => {
  it('writes out what a URL leaves open', () => {
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

  it('keeps the brackets of IPv6 in the authority alone', () => {
    const { authority, host } = serverUrl.parse('http://[2001:DB8:0::1]:8080/mcp');
    expect({ authority, host }).to.deep.equal({ authority: '[2001:db8::1]:8080', host: '2001:db8::1' });
  });

  for (const [url, message] of [
    ['a.example:80', 'must be an http or https URL'],
    ['unix:/a', 'must be an http or https URL'],
    ['', 'must be an http or https URL'],
    ['http://u@a.example', 'must not hold credentials'],
    ['http://:p@a.example', 'must not hold credentials'],
    ['http://a.example/?a=b', 'must not have a query or fragment'],
    ['http://a.example/#a', 'must not have a query or fragment'],
    ['http://a.example:0', 'must not have port 0'],
    ['http://a.example:65536', 'must be an http or https URL'],
  ] as const) {
    it(`refuses ${JSON.stringify(url)}`, () => {
      expect(serverUrl.safeParse(url).error?.issues.map((issue) => issue.message)).to.deep.equal([message]);
    });
  }
});
