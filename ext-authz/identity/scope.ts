/** The scope that clients are told to ask for. Having a valid token is what counts; scopes decide nothing yet. */
export const REQUIRED_SCOPE = 'mcp';
