import { messageOf } from '../../../../core/errors.ts';
import { environmentOf, expand } from './environment.ts';
import { findImage, type PodProcess } from './images.ts';
import type { PodRunner } from './pod-runner.ts';
import type { Container } from './schema.ts';

/** What to start for a container, or the Kubernetes reason why it must wait. */
export async function processFor(
  { pod, options, volumes }: PodRunner,
  container: Container,
): Promise<PodProcess | { reason: string; message: string }> {
  const { api, address, images } = options;
  const image = findImage(images, container.image);
  if (image === undefined)
    return { reason: 'ErrImagePull', message: `failed to pull image "${container.image}": not found` };
  try {
    const local = (text: string) => volumes.localize(container, text);
    const own = Object.entries(await environmentOf(api, pod, container, address));
    const kubeconfig = await volumes.kubeconfig(container);
    const env = {
      PATH: process.env.PATH ?? '',
      HOSTNAME: pod.metadata.name,
      // A real pod has its own network and listens on all addresses. Here the process gets the address of its pod.
      HOST: address,
      ...image.env,
      ...Object.fromEntries(own.map(([name, value]) => [name, local(value)])),
      ...(kubeconfig !== undefined && { KUBECONFIG: kubeconfig }),
    };
    const words = (texts: string[]) => texts.map((text) => local(expand(text, env)));
    const named = container.command.length > 0;
    const made: PodProcess = {
      command: [
        ...(named ? words(container.command) : image.entrypoint),
        ...(named || container.args.length > 0 ? words(container.args) : (image.cmd ?? [])),
      ],
      env,
      cwd: container.workingDir === undefined ? options.folder : local(container.workingDir),
    };
    return image.adapt?.(made, { pod, container: container.name, address }) ?? made;
  } catch (error) {
    return { reason: 'CreateContainerConfigError', message: messageOf(error) };
  }
}
