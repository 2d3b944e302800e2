import { expect } from 'chai';
import fc from 'fast-check';
import { isLoopback } from '../../../core/identity/issuer.ts';
import { hashPrincipal, PRINCIPAL_BYTES } from '../../../core/identity/principal.ts';

describe('core/identity', () => {
  it('identifies a caller by issuer and subject', () => {
    const one = hashPrincipal('https://i.example', 'alice');
    expect(one.toString('hex')).to.equal('f6dc2455a2c81f523c5f8bb7b0b086e4');
    expect(one).to.have.length(PRINCIPAL_BYTES);
    expect(hashPrincipal('https://i.example', 'alice').equals(one)).to.equal(true);
  });

  it('differs for different callers', () => {
    const caller = fc.tuple(fc.webUrl(), fc.string());
    fc.assert(
      fc.property(caller, caller, ([issuerA, a], [issuerB, b]) => {
        const equal = hashPrincipal(issuerA, a).equals(hashPrincipal(issuerB, b));
        expect(equal).to.equal(issuerA === issuerB && a === b);
      }),
    );
    expect(hashPrincipal('https://a', 'b').equals(hashPrincipal('https://', 'ab'))).to.equal(false);
  });

  it('recognizes the machine itself', () => {
    for (const host of ['localhost', '127.0.0.1', '127.1.2.3', '[::1]']) expect(isLoopback(host), host).to.equal(true);
    for (const host of ['localhost.example.com', '127.0.0.1.example.com', '128.0.0.1', '::1', '0.0.0.0', '']) {
      expect(isLoopback(host), host).to.equal(false);
    }
  });
});
