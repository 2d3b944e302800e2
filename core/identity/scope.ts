/**
 * The default scope for the use of MCP servers: the metadata tells clients to request it, and the development issuer grants it. A request
 * needs it only if the backend requires it.
 */
export const MCP_SCOPE = 'mcp';
