/**
 * The default scope for the use of MCP servers: clients are told to ask for it, and the development issuer grants it. A request needs
 * it only if the backend requires it.
 */
export const MCP_SCOPE = 'mcp';
