import type { McpMessage } from '../../core/mcp/message.ts';
import type { Target } from './request.ts';

/**
 * Finds the backend that serves a message. A path names one backend, which serves every message that is sent there.
 *
 * It runs before it is known whether that backend exists, so it must not depend on the backends of the policy unless the caller may use
 * them (decision 046).
 */
export function findMember(target: Target, _message: McpMessage): string {
  return target.backend;
}
