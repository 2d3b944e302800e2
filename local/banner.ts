/** Facts about a gateway that has just started. */
export interface BannerFacts {
  /** URL of each backend, by name. */
  backends: ReadonlyMap<string, string>;
  /** URL of the development issuer; undefined if the gateway uses another issuer, for which `mcp-gateway token` makes no tokens. */
  developmentIssuer: string | undefined;
  /** The option that other commands need to find this gateway, with a leading space; empty if they find it without. */
  stateOption: string;
  /** Backends that do not serve yet, each with its reason. */
  waiting: readonly string[];
}

/** The text that `up` prints on a terminal when the gateway is ready. */
export function banner({ backends, developmentIssuer, stateOption, waiting }: BannerFacts): string {
  const width = Math.max(0, ...[...backends.keys()].map((name) => name.length));
  const lines = ['', 'mcp-gateway is ready.', ''];
  for (const [name, url] of backends) lines.push(`  ${name.padEnd(width)}  ${url}`);
  if (backends.size === 0)
    lines.push('  No backends yet. Add a YAML file to the backends folder; it is served immediately.');
  for (const reason of waiting) lines.push(`  not serving: ${reason}`);
  const [url] = backends.values();
  if (developmentIssuer !== undefined) {
    lines.push('', 'Token      ', `  npx mcp-gateway token${stateOption}`);
    if (url !== undefined)
      lines.push(
        '',
        'Inspector (no token needed: connect, then sign in on the page)',
        `  npx @modelcontextprotocol/inspector@2 --transport http --server-url ${url}`,
        '',
        'curl',
        `  ${curl(url, stateOption)}`,
      );
  }
  lines.push('', 'Press Ctrl-C to stop.', '');
  return lines.map((line) => line.trimEnd()).join('\n');
}

function curl(url: string, stateOption: string): string {
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'curl', version: '1' } };
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params });
  return `curl -si ${url} -H "Authorization: Bearer $(npx mcp-gateway token${stateOption})" -H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream' -d '${body}'`;
}
