import { request, type ServerResponse } from 'node:http';
import { Api } from './api.ts';
import type { ControlPlane } from './control-plane.ts';
import { podSchema } from './kubelet/schema.ts';

/** A request to a pod through the API server. */
export interface PodTarget {
  namespace: string;
  name: string;
  port: string;
  /** Path at the pod. */
  path: string;
}

/** The pod that the API server would forward a request to; undefined for any other request. */
export function podTarget(url: string): PodTarget | undefined {
  const form = /^\/api\/v1\/namespaces\/([^/]+)\/pods\/([^/]+?)(?::|%3A)(\d+)\/proxy(\/.*)$/i;
  const [, namespace = '', name = '', port = '', path = ''] = form.exec(url) ?? [];
  return name === '' ? undefined : { namespace, name, port, path };
}

/** Whether the API server authorized a request and failed only because the pod has a loopback address. */
export function refusesAddress(body: Buffer): boolean {
  return body.includes('address not allowed');
}

/** Forwards a GET to a pod, as the API server does. If the pod cannot be reached, it answers 503 in the same words. */
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
