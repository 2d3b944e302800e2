// Family: what the attacks leave behind. The log and the audit log hold no token, no session id and no secret, and one
// decision per line.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { openSession } from '../../fixtures/replica-server/client.ts';
import { eventually } from '../../fixtures/replica-server/waiting.ts';
import { CREDENTIAL, type Ground } from './set-up.ts';

/** Nothing secret is logged. Must run last. */
export function quietLogs(ground: () => Ground): void {
  describe('the logs of all attacks', () => {
    let texts: Record<string, string>;

    before(async () => {
      const { gateway, token, call } = ground();
      const { session } = await openSession(gateway.backendUrl('jira'), { token });
      const headers = { 'mcp-session-id': session };
      expect((await call({ headers })).status).to.equal(200);
      expect((await call({ headers, token: await ground().sign({ sub: 'the last one' }) })).status).to.equal(404);
      // Lines are buffered for a moment.
      const audit = await eventually(
        () => readFileSync(join(gateway.stateDir, 'audit.log'), 'utf8'),
        (text) => text.includes('"subject":"the last one"'),
      );
      texts = {
        audit,
        log: gateway.log.map((line) => JSON.stringify(line)).join('\n'),
        session,
      };
    });

    for (const name of ['audit', 'log'] as const) {
      it(`hold nothing secret: ${name}`, () => {
        const text = texts[name] ?? '';
        const { token } = ground();
        expect(text).to.not.equal('');
        for (const secret of [CREDENTIAL, token, token.split('.')[2] ?? '', texts.session ?? '']) {
          expect(secret).to.not.equal('');
          expect(text.includes(secret), secret.slice(0, 20)).to.equal(false);
        }
        // Nor any other JWT.
        expect(text).to.not.match(/eyJ[\w-]{20,}\.eyJ/);
      });
    }
    it('hold one decision per line, whatever was in names and tokens', () => {
      const records = (texts.audit ?? '')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(records.length).to.be.greaterThan(300);
      // The other lines are opened and ended sessions.
      for (const { event, decision } of records)
        expect(event ?? decision).to.be.oneOf(['allow', 'deny', 'session-opened', 'session-ended']);
    });
  });
}
