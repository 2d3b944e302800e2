/** The error of a promise that must reject. */
export async function rejection(promise: Promise<unknown>): Promise<Error> {
  const outcome = await promise.then(
    () => new Error('the promise was fulfilled'),
    (error: unknown) => ({ error }),
  );
  if (outcome instanceof Error) throw outcome;
  if (!(outcome.error instanceof Error)) throw new Error(`rejected with ${String(outcome.error)}`);
  return outcome.error;
}
