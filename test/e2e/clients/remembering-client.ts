import type { OAuthDiscoveryState } from '@modelcontextprotocol/client';
import { MemoryOAuthClient } from '../../local/issuer/harness.ts';

/** A client that also remembers where it sent its user, so that 2.x checks where the response comes from. */
export class RememberingClient extends MemoryOAuthClient {
  #discovery: OAuthDiscoveryState | undefined;

  saveDiscoveryState(state: OAuthDiscoveryState) {
    this.#discovery = state;
  }
  discoveryState() {
    return this.#discovery;
  }
}
