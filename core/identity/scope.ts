/**
 * The one scope that stands for the use of MCP servers: clients are told to ask for it, and the development issuer grants it.
 * Having a valid token is what counts; scopes decide nothing yet.
 */
export const MCP_SCOPE = 'mcp';
