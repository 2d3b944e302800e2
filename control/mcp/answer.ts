import type { CallToolResult } from '@modelcontextprotocol/server';
import { messageOf, UserError } from '../../core/errors.ts';

/** The result of a tool, twice: as structure, and as text for older clients. */
export function answer(structuredContent: Record<string, unknown>): CallToolResult {
  return { content: [{ type: 'text', text: JSON.stringify(structuredContent) }], structuredContent };
}

/**
 * The result of a tool that failed: what is wrong and what to do, so that the model can act on it.
 *
 * @param report called with unexpected errors
 */
export function failure(error: unknown, report: (error: unknown) => void): CallToolResult {
  if (!(error instanceof UserError)) report(error);
  const hint = error instanceof UserError && error.hint !== undefined ? `\n${error.hint}` : '';
  const text = error instanceof UserError ? `${error.message}${hint}` : `unexpected failure: ${messageOf(error)}`;
  return { content: [{ type: 'text', text }], isError: true };
}
