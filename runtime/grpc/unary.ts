import type { Client } from '@grpc/grpc-js';

/** The callback of a unary call. */
export type UnaryCallback<T> = (error: Error | null, response?: T) => void;

/** Makes a unary call and resolves with its response. Rejects with the error of the call. */
export function unary<T>(call: (callback: UnaryCallback<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    call((error, response) => {
      if (error || response === undefined) reject(error ?? new Error('no answer'));
      else resolve(response);
    });
  });
}

/** Makes one unary call on a client and closes the client. */
export async function unaryOnce<C extends Client, T>(
  client: C,
  call: (client: C, callback: UnaryCallback<T>) => void,
): Promise<T> {
  try {
    return await unary<T>((callback) => call(client, callback));
  } finally {
    client.close();
  }
}
