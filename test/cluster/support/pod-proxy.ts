import { request, type ServerResponse } from 'node:http';
import { Api } from './api.ts';
import type { ControlPlane } from './control-plane.ts';
import { podSchema } from './kubelet/schema.ts';

/** What of a pod is asked through the API server. */
export interface PodTarget {
  namespace: string;
  name: string;
  port: string;
  /** At the pod. */
  path: string;
}

/** The pod that a request for the API server goes on to; undefined for every other request. */
export function podTarget(url: string): PodTarget | undefined {
  const form = /^\/api\/v1\/namespaces\/([^/]+)\/pods\/([^/]+?)(?::|%3A)(\d+)\/proxy(\/.*)$/i;
  const [, namespace = '', name = '', port = '', path = ''] = form.exec(url) ?? [];
  return name === '' ? undefined : { namespace, name, port, path };
}

/** Whether an API server says that it would pass a request on, were the pod's address not of this machine. */
export function refusesAddress(body: Buffer): boolean {
  return body.includes('address not allowed');
}

/** Passes a GET on to a pod, as an API server does; one that cannot be reached is answered 503, as it says it. */
export async function answerFromPod(
  plane: Pick<ControlPlane, 'server' | 'ca' | 'token'>,
  { namespace, name, port, path }: PodTarget,
  response: ServerResponse,
): Promise<void> {
  const api = new Api(plane);
  const pod = podSchema.parse(await api.read(`/api/v1/namespaces/${namespace}/pods/${name}`));
  api.close();
  const call = request({ host: pod.status.podIP, port, path, agent: false }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
    answer.pipe(response);
  });
  call.on('error', (error) => {
    const message = `error trying to reach service: ${error.message}`;
    const body = {
      kind: 'Status',
      apiVersion: 'v1',
      status: 'Failure',
      reason: 'ServiceUnavailable',
      code: 503,
      message,
    };
    response.writeHead(503, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  call.end();
}
