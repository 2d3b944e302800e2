import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findEnvoy } from '../../envoy/binary/find.ts';
import { cacheDir } from '../../runtime/paths.ts';
import { PROJECT } from '../support/gateway.ts';
import { FEATURE_IMAGE } from './support/fleet.ts';
import type { Images, PodProcess } from './support/kubelet/images.ts';

/**
 * The images of the chart on the kubelet of the tests: the project's commands and a real Envoy. All pods share one machine here, so a
 * process that would listen on all addresses listens on that of its pod. There is no cluster DNS either.
 *
 * @param urlOf the URL of a Service of the chart, by name
 */
export async function chartImages(urlOf: (service: string) => string | undefined = () => undefined): Promise<Images> {
  const environment = { ENVOY_PATH: process.env.ENVOY_PATH, PATH: process.env.PATH };
  const progress = (line: string) => console.log(`      ${line}`);
  const envoy = await findEnvoy({ environment, cacheDir: cacheDir(process.env), progress });
  const own = {
    entrypoint: [process.execPath, join(PROJECT, 'cli', 'bin.js')],
    adapt: (started: PodProcess, { address }: { address: string }) => ({
      ...started,
      command: started.command.flatMap((arg) =>
        arg === '--address=0.0.0.0' ? [`--address=${address}`] : resolved(arg, urlOf),
      ),
    }),
  };
  return {
    ...FEATURE_IMAGE,
    'ghcr.io/mcp-gateway/mcp-gateway': own,
    'envoyproxy/envoy': {
      entrypoint: [],
      adapt: (started, { address }) => {
        const [, , file = ''] = started.command;
        writeFileSync(file, readFileSync(file, 'utf8').replace('address: 0.0.0.0', `address: ${address}`));
        return { ...started, command: [envoy.path, ...started.command.slice(1)] };
      },
    },
  };
}

// `--admin-tools=http://service.namespace.svc:port/path`, an option of the watcher.
function resolved(arg: string, urlOf: (service: string) => string | undefined): string[] {
  const [, option, service = '', path] = /^(--admin-tools=)http:\/\/([^./]+)\.[^/]+\.svc:\d+(\/.*)$/.exec(arg) ?? [];
  const url = urlOf(service);
  return url === undefined ? [arg] : [`${option}${url}${path}`, '--allow-local-urls'];
}
