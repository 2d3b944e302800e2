// What the worst bodies cost a worker: reading the message, and comparing the names in it with the rules of a backend.
//   node bench/bodies.ts [ROUNDS]        default 5
// Prints the rows of a table, with the fastest of the rounds. The limits of core/mcp and core/access keep each below about 20 ms.

import { Visibility } from '../core/access/visibility.ts';
import { type InboundRequest, readMessage } from '../core/mcp/message.ts';
import { checkItems } from '../ext-authz/check/steps-policy.ts';
import { WORST_BODIES } from '../test/fixtures/bodies/worst.ts';

const names = { allow: ['get_*', '*_a*b*c'], deny: ['drop_*'] };
const uris = { allow: ['file:///pub/*', 'https://*.example/*/a*'], deny: ['*secret*', 'file:///etc/*'] };
const visibility = new Visibility({ tools: [names], prompts: [names], resources: [uris, uris] });

function judge(body: Buffer): string {
  const request: InboundRequest = {
    ...{ method: 'POST', contentType: 'application/json', contentEncoding: undefined },
    ...{ protocolVersion: undefined, mcpMethod: undefined, mcpName: undefined, body },
  };
  const outcome = readMessage(request);
  const denial = outcome.kind === 'denied' ? outcome.denial : checkItems(outcome.message, visibility);
  return denial?.error.message ?? 'passes';
}

const rounds = Number(process.argv[2] ?? 5);
console.log('| body | bytes | ms | outcome |\n|---|---|---|---|');
for (const [name, text] of WORST_BODIES) {
  const body = Buffer.from(text);
  let fastest = Number.POSITIVE_INFINITY;
  let outcome = '';
  for (let round = 0; round < rounds; round += 1) {
    const startedMs = performance.now();
    outcome = judge(body);
    fastest = Math.min(fastest, performance.now() - startedMs);
  }
  console.log(`| ${name} | ${body.length} | ${fastest.toFixed(1)} | ${outcome.slice(0, 80)} |`);
}
