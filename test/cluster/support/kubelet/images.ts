import { REPLICA_PROGRAM } from '../../../fixtures/replica-server/client.ts';
import { PROJECT } from '../../../support/gateway.ts';
import type { Pod } from './schema.ts';

/** A process that is about to start. */
export interface PodProcess {
  /** Program and arguments. */
  command: string[];
  env: Record<string, string>;
  cwd: string;
}

/** What stands for an image. */
export interface Image {
  /** Program and first arguments; the container's `command` replaces it, its `args` replace `cmd` and follow. */
  entrypoint: string[];
  cmd?: string[];
  /** What the image sets; the container's own values go first. */
  env?: Record<string, string>;
  /** The last word on what is started, such as another address to listen on, or a program that is elsewhere on this machine. */
  adapt?: (process: PodProcess, pod: { pod: Pod; container: string; address: string }) => PodProcess;
}

/** Images by name: with tag, or without for every tag. */
export type Images = Record<string, Image>;

/** The image for a container, or nothing when it cannot be pulled. */
export function findImage(images: Images, name: string): Image | undefined {
  return images[name] ?? images[name.replace(/(?:@[^/]*|:[^/:]*)$/, '')];
}

/** `test/replica`: test/fixtures/replica-server, listening on $HOST:$PORT, which calls itself by the name of its pod. */
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
