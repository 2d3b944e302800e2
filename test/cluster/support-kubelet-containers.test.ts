import { expect } from 'chai';
import { z } from 'zod';
import { send } from '../fixtures/replica-server/client.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { Api } from './support/api.ts';
import type { Cluster } from './support/cluster.ts';
import { CLUSTER_TIMEOUT_MS } from './support/control-plane.ts';
import { type Pod, podSchema } from './support/kubelet/schema.ts';
import { type Kubelet, startKubelet } from './support/kubelet.ts';
import { sharedCluster } from './support/shared.ts';

/** Runs the JavaScript program in its argument. */
const SCRIPT_IMAGE = { entrypoint: [process.execPath, '--input-type=module', '-e'] };

const SERVE = `
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
const read = (path) => readFileSync(path, 'utf8');
createServer((request, response) => response.end(JSON.stringify({
  env: process.env,
  written: read('/scratch/written'),
  settings: read('/etc/settings/settings.yaml'),
  password: read('/etc/password/nested/password'),
  token: read('/var/run/secrets/kubernetes.io/serviceaccount/token'),
}))).listen(8080, process.env.HOST);
`;

const WHOLE = {
  initContainers: [
    {
      name: 'write',
      image: 'test/script',
      args: ["import { writeFileSync } from 'node:fs'; writeFileSync('/scratch/written', 'by the init container')"],
      volumeMounts: [{ name: 'work', mountPath: '/scratch' }],
    },
  ],
  containers: [
    {
      name: 'server',
      image: 'test/script',
      args: [SERVE],
      readinessProbe: { tcpSocket: { port: 8080 } },
      env: [
        { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'access', key: 'password' } } },
        { name: 'NONE', valueFrom: { secretKeyRef: { name: 'access', key: 'none', optional: true } } },
        { name: 'LOGIN', value: 'user:$(PASSWORD)' },
        { name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
        { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
        { name: 'FOLDER', value: '/scratch' },
      ],
      volumeMounts: [
        { name: 'work', mountPath: '/scratch' },
        { name: 'settings', mountPath: '/etc/settings' },
        { name: 'password', mountPath: '/etc/password' },
      ],
    },
  ],
  volumes: [
    { name: 'work', emptyDir: {} },
    { name: 'settings', configMap: { name: 'settings' } },
    { name: 'password', secret: { secretName: 'access', items: [{ key: 'password', path: 'nested/password' }] } },
  ],
};
const seenSchema = z.object({
  env: z.record(z.string(), z.string()),
  ...{ written: z.string(), settings: z.string(), password: z.string(), token: z.string() },
});

describe('containers on the kubelet of the tests', function () {
  this.timeout(30_000);
  let cluster: Cluster;
  let kubelet: Kubelet;
  let namespace: string;
  let core: string;

  before(async function () {
    this.timeout(CLUSTER_TIMEOUT_MS);
    cluster = await sharedCluster();
    kubelet = await startKubelet({ cluster, images: { 'test/script': SCRIPT_IMAGE }, probeEveryMs: 50, backoffMs: 50 });
    namespace = await cluster.newNamespace({ nodes: kubelet.nodes });
    core = `/api/v1/namespaces/${namespace}`;
  });

  after(() => kubelet?.stop());

  const create = (name: string, spec: object) => cluster.api.create(`${core}/pods`, { metadata: { name }, spec });
  const script = (name: string, args: string[], more: object = {}) =>
    create(name, { containers: [{ name: 'main', image: 'test/script', args, ...more }] });
  const until = (name: string, wanted: (pod: Pod) => boolean) =>
    eventually(async () => podSchema.parse(await cluster.api.get(`${core}/pods/${name}`)), wanted);
  const isReady = ({ status }: Pod) =>
    status.containerStatuses.length > 0 && status.containerStatuses.every(({ ready }) => ready);
  const waitsFor = (reason: string) => (pod: Pod) =>
    JSON.stringify(pod.status.containerStatuses).includes(`"reason":"${reason}"`);
  const restarts = ({ status }: Pod) => status.containerStatuses[0]?.restartCount ?? 0;
  const phase = ({ status }: Pod) => status.phase;

  it('have the environment and files of their spec', async () => {
    await create('whole', WHOLE);
    await until('whole', (pod) => phase(pod) === 'Pending' && waitsFor('ContainerCreating')(pod));
    await cluster.api.create(`${core}/secrets`, { metadata: { name: 'access' }, stringData: { password: 'secret' } });
    const settings = { 'settings.yaml': 'folder: /scratch\nother: /scratchpad' };
    await cluster.api.create(`${core}/configmaps`, { metadata: { name: 'settings' }, data: settings });
    const { status } = await until('whole', isReady);

    const seen = seenSchema.parse(JSON.parse((await send(`http://${status.podIP}:8080/`, { method: 'GET' })).body));
    expect(seen).to.include({ written: 'by the init container', password: 'secret' });
    expect(seen.env).to.include({ PASSWORD: 'secret', LOGIN: 'user:secret', POD: 'whole', POD_IP: status.podIP });
    expect(seen.env).not.to.have.property('NONE');
    expect(seen.settings).to.equal(`folder: ${seen.env.FOLDER}\nother: /scratchpad`);

    const pod = new Api({ ...cluster, token: seen.token });
    const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
    const user = await pod.create('/apis/authentication.k8s.io/v1/selfsubjectreviews', review);
    pod.close();
    expect(user).to.have.nested.property('status.userInfo.username', `system:serviceaccount:${namespace}:default`);
    const kubeconfig = seen.env.KUBECONFIG ?? '';
    expect(await cluster.kubectl(['auth', 'whoami', '-o', 'name'], { kubeconfig })).to.contain('selfsubjectreview');

    await cluster.api.patch(`${core}/secrets/access`, { stringData: { password: 'changed' } });
    await kubelet.refreshVolumes(namespace, 'whole');
    const { body } = await send(`http://${status.podIP}:8080/`, { method: 'GET' });
    expect(seenSchema.parse(JSON.parse(body)).password).to.equal('changed');
  });

  it('wait for a Secret of their environment', async () => {
    const env = [{ name: 'KEY', valueFrom: { secretKeyRef: { name: 'late', key: 'key' } } }];
    await script('late', ['setInterval(() => {}, 1000)'], { env });
    await until('late', waitsFor('CreateContainerConfigError'));
    await cluster.api.create(`${core}/secrets`, { metadata: { name: 'late' }, stringData: { key: 'x' } });
    await until('late', isReady);
  });

  it('wait for an image that cannot be pulled', async () => {
    await script('unknown', ['setInterval(() => {}, 1000)'], { image: 'test/unknown:1' });
    expect(phase(await until('unknown', waitsFor('ImagePullBackOff')))).to.equal('Pending');
    kubelet.images['test/unknown'] = SCRIPT_IMAGE;
    await until('unknown', isReady);
  });

  it('are restarted with a pause when they keep crashing', async () => {
    await script('crashing', ["console.log('first line'); console.log('about to crash'); process.exit(3)"]);
    const pod = await until('crashing', (seen) => restarts(seen) > 1 && waitsFor('CrashLoopBackOff')(seen));
    expect(pod.status.containerStatuses[0]?.lastState).to.have.nested.property('terminated.exitCode', 3);
    const logs = (...args: string[]) => cluster.kubectl(['-n', namespace, 'logs', 'crashing', ...args]);
    expect(await logs('--previous', '--tail=1')).to.equal('about to crash\n');
  });

  it('become ready and are restarted according to their probes', async () => {
    const serve = `
      import { createServer } from 'node:http';
      let healthy = true;
      createServer((request, response) => {
        if (request.url === '/toggle') healthy = !healthy;
        response.writeHead(request.url === '/ready' && !healthy ? 503 : 200).end();
        if (request.url === '/hang') while (true);
      }).listen(8080, process.env.HOST);`;
    const probe = (path: string) => ({ httpGet: { path, port: 8080 } });
    const ports = [{ containerPort: 8080 }];
    const probes = { startupProbe: probe('/'), readinessProbe: probe('/ready'), livenessProbe: probe('/') };
    await script('probed', [serve], { ports, ...probes });
    const { status } = await until('probed', isReady);
    const ask = (path: string) => send(`http://${status.podIP}:8080${path}`, { method: 'GET' });
    await ask('/toggle');
    await until('probed', (pod) => !isReady(pod));
    await ask('/toggle');
    expect(restarts(await until('probed', isReady))).to.equal(0);

    await ask('/hang').catch(() => undefined);
    await until('probed', (pod) => restarts(pod) === 1 && isReady(pod));
  });

  it('complete a pod that runs once', async () => {
    const once = (name: string, code: number) =>
      create(name, {
        restartPolicy: 'Never',
        containers: [{ name: 'main', image: 'test/script', args: [`process.exit(${code})`] }],
      });
    await once('good', 0);
    await once('bad', 1);
    await until('good', (pod) => phase(pod) === 'Succeeded');
    await until('bad', (pod) => phase(pod) === 'Failed');
    await cluster.api.delete(`${core}/pods/good`);
    await eventually(
      () => cluster.api.list(`${core}/pods`),
      (pods) => !pods.some(({ metadata }) => metadata.name === 'good'),
    );
  });
});
