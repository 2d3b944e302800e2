import type { Problem } from '../core/document/problems.ts';
import { messageOf } from '../core/errors.ts';
import type { Issuer } from '../core/identity/issuer.ts';
import { askIssuer } from '../ext-authz/identity/ask-issuer.ts';
import type { PublishedKeys } from '../ext-authz/identity/jwks.ts';

/** Longer than the gateway itself waits: a slow answer is still an answer here. */
const TIMEOUT_MS = 10_000;

/** What the issuers of a gateway answered. */
export interface IssuerAnswers {
  problems: Problem[];
  /** A line for each issuer whose tokens the gateway can verify. */
  lines: string[];
}

/**
 * Requests the discovery document and the keys of each issuer, as the gateway will.
 *
 * @param source the configuration that lists the issuers, for messages
 */
export async function askIssuers(
  issuers: readonly Issuer[],
  source: string,
  fetch: typeof globalThis.fetch,
): Promise<IssuerAnswers> {
  const answers: IssuerAnswers = { problems: [], lines: [] };
  const asked = issuers.map(async (issuer) => ({ issuer, answer: await ask(issuer, fetch) }));
  for (const { issuer, answer } of await Promise.all(asked)) {
    const problem = typeof answer === 'string' ? answer : problemOf(answer, issuer);
    if (problem !== undefined) answers.problems.push({ source, path: '', message: `issuer ${issuer.url}: ${problem}` });
    else if (typeof answer !== 'string') answers.lines.push(`${source}: issuer ${issuer.url}: ${describe(answer)}`);
  }
  return answers;
}

async function ask(issuer: Issuer, fetch: typeof globalThis.fetch): Promise<PublishedKeys | string> {
  try {
    return await askIssuer({ issuer, timeoutMs: TIMEOUT_MS, fetch });
  } catch (error) {
    return messageOf(error);
  }
}

function problemOf(published: PublishedKeys, { algorithms }: Issuer): string | undefined {
  const { keys, ignored } = published;
  if (keys.length === 0) {
    return ignored === 0
      ? 'it publishes no keys'
      : `none of its keys can verify tokens (${ignored} are for encryption, of another kind, damaged or not public)`;
  }
  const offered = algorithmsOf(published);
  if (offered.some((algorithm) => algorithms.some((accepted) => accepted === algorithm))) return undefined;
  return `its keys are for ${offered.join(', ')}, but algorithms accepts only ${algorithms.join(', ')}`;
}

function describe(published: PublishedKeys): string {
  const count = published.keys.length;
  return `answers with ${count} usable ${count === 1 ? 'key' : 'keys'} (${algorithmsOf(published).join(', ')})`;
}

function algorithmsOf({ keys }: PublishedKeys): string[] {
  return [...new Set(keys.flatMap(({ algorithms }) => algorithms))];
}
