import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ambiguousMessages } from './ambiguous.ts';
import { smuggledCalls } from './batches.ts';
import { oddBodies } from './content.ts';
import { tokensInOtherPlaces } from './credentials.ts';
import { framing } from './framing.ts';
import { deniedHeaders } from './header-shapes.ts';
import { spoofedHeaders } from './headers.ts';
import { overHttp2 } from './http2.ts';
import { quietLogs } from './logs.ts';
import { disagreeingHeaders } from './modern.ts';
import { hiddenNames } from './names.ts';
import { foreignPages } from './pages.ts';
import { paths } from './paths.ts';
import { foreignSessions } from './sessions.ts';
import { type Ground, startGround } from './set-up.ts';
import { wrongClaims } from './tokens-claims.ts';
import { forgedTokens } from './tokens-forged.ts';
import { expensiveBodies } from './work.ts';

// One gateway for all of it. Each file holds one family of attacks.
describe('attacks', function () {
  this.timeout(60_000);
  const folder = mkdtempSync(join(tmpdir(), 'mcpgw-'));
  let started: Ground | undefined;
  const ground = () => {
    if (started === undefined) throw new Error('not started');
    return started;
  };

  before(async () => {
    started = await startGround(folder);
  });
  after(async () => {
    await started?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  forgedTokens(ground);
  wrongClaims(ground);
  tokensInOtherPlaces(ground);
  spoofedHeaders(ground);
  deniedHeaders(ground);
  framing(ground);
  overHttp2(ground);
  paths(ground);
  foreignSessions(ground);
  smuggledCalls(ground);
  ambiguousMessages(ground);
  hiddenNames(ground);
  oddBodies(ground);
  expensiveBodies(ground);
  disagreeingHeaders(ground);
  foreignPages(ground);
  quietLogs(ground);
});
