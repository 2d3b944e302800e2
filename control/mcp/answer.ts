import type { CallToolResult } from '@modelcontextprotocol/server';
import { messageOf, UserError } from '../../core/errors.ts';

/** The result of a tool: the same twice, since older clients read texts only. */
export function answer(structuredContent: Record<string, unknown>): CallToolResult {
  return { content: [{ type: 'text', text: JSON.stringify(structuredContent) }], structuredContent };
}

/**
 * The result of a tool that could not do what it was asked for: what is wrong and what to do, for the model to act on.
 *
 * @param report told of what nobody foresaw
 */
export function failure(error: unknown, report: (error: unknown) => void): CallToolResult {
  if (!(error instanceof UserError)) report(error);
  const hint = error instanceof UserError && error.hint !== undefined ? `\n${error.hint}` : '';
  const text = error instanceof UserError ? `${error.message}${hint}` : `unexpected failure: ${messageOf(error)}`;
  return { content: [{ type: 'text', text }], isError: true };
}
