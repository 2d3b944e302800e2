import { request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** What an ext-authz process reports on its own socket. */
export function askWorker(stateDir: string, worker: number, path: string): Promise<string> {
  const socketPath = join(stateDir, 'run', `ext-authz-${worker}-http.sock`);
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, path, agent: false }, (response) => text(response).then(resolve, reject));
    call.on('error', reject).end();
  });
}

/** The state of quotas in an ext-authz process. */
export async function quotaModeOf(stateDir: string, worker: number): Promise<string> {
  const answer: unknown = JSON.parse(await askWorker(stateDir, worker, '/readyz'));
  return answer !== null && typeof answer === 'object' && 'quotas' in answer ? String(answer.quotas) : '';
}
