/** The lanes: how Envoy routes an allowed request. docs/architecture.md draws each of them. */
export const LANES = [
  'open',
  'session',
  'session-guarded',
  'session-filtered',
  'stateless',
  'stateless-guarded',
  'stateless-filtered',
  'close',
] as const;

/** One of {@link LANES}. */
export type Lane = (typeof LANES)[number];

/** Lanes of requests that belong to an open session: they go to the replica that holds it. */
export const SESSION_LANES = [
  'session',
  'session-guarded',
  'session-filtered',
  'close',
] as const satisfies readonly Lane[];

/** Lanes of requests without a session, which start none. */
export const STATELESS_LANES = [
  'stateless',
  'stateless-guarded',
  'stateless-filtered',
] as const satisfies readonly Lane[];

/** Lanes whose responses ext-proc filters; in the guarded ones all but plain JSON. */
export const FILTERED_LANES = [
  'session-guarded',
  'session-filtered',
  'stateless-guarded',
  'stateless-filtered',
] as const satisfies readonly Lane[];
