/**
 * The scope that stands for the use of MCP servers where nothing else is configured: clients are told to ask for it, and the
 * development issuer grants it. It is needed only where a backend says so.
 */
export const MCP_SCOPE = 'mcp';
