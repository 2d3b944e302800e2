import { REPLICA_PROGRAM } from '../../../fixtures/replica-server/client.ts';
import { PROJECT } from '../../../support/gateway.ts';
import type { Pod } from './schema.ts';

/** A process to start. */
export interface PodProcess {
  /** Program and arguments. */
  command: string[];
  env: Record<string, string>;
  cwd: string;
}

/** The program that replaces an image. */
export interface Image {
  /** Program and first arguments. The container's `command` replaces them; its `args` replace `cmd` and are appended. */
  entrypoint: string[];
  cmd?: string[];
  /** Environment of the image. Values of the container take precedence. */
  env?: Record<string, string>;
  /** Final changes before the start, such as another address to listen on, or the path of a program on this machine. */
  adapt?: (process: PodProcess, pod: { pod: Pod; container: string; address: string }) => PodProcess;
}

/** Images by name, with a tag or, for every tag, without. */
export type Images = Record<string, Image>;

/** The image of a container; undefined if it cannot be pulled. */
export function findImage(images: Images, name: string): Image | undefined {
  return images[name] ?? images[name.replace(/(?:@[^/]*|:[^/:]*)$/, '')];
}

/** `test/replica`: test/fixtures/replica-server, which listens on $HOST:$PORT and reports the name of its pod. */
export const REPLICA_IMAGE: Images = {
  'test/replica': {
    entrypoint: [process.execPath, REPLICA_PROGRAM],
    env: { PORT: '8080' },
    adapt: (process, { pod }) => ({
      ...process,
      env: { REPLICA_NAME: pod.metadata.name, ...process.env },
      cwd: PROJECT,
    }),
  },
};
