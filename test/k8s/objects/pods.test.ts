import { expect } from 'chai';
import { isReady, parsePod } from '../../../k8s/objects/pods.ts';

const METADATA = { name: 'p-0', namespace: 'ns', uid: 'u' };

describe('k8s/objects/pods', () => {
  it('reads spec and status, init containers first, the primary address first', () => {
    const pod = parsePod({
      metadata: { ...METADATA, labels: { a: 'b' }, deletionTimestamp: '2026-01-01T00:00:00Z' },
      spec: {
        containers: [{ name: 'server', ports: [{ name: 'mcp', containerPort: 8080 }, { containerPort: 9 }] }],
        initContainers: [{ name: 'sidecar' }],
      },
      status: {
        phase: 'Running',
        podIP: '10.0.0.1',
        podIPs: [{ ip: 'fd00::1' }, { ip: '10.0.0.1' }],
        conditions: [{ type: 'Ready', status: 'True' }],
        initContainerStatuses: [{ name: 'sidecar', state: { waiting: { reason: 'PodInitializing' } } }],
        containerStatuses: [
          {
            ...{ name: 'server', image: 'i:1', ready: true, restartCount: 2 },
            state: { running: { startedAt: '2026-01-01T00:00:00Z' } },
            lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } },
          },
        ],
      },
    });
    expect(pod).to.deep.equal({
      ...METADATA,
      labels: { a: 'b' },
      deleting: true,
      ...{ phase: 'Running', reason: '', message: '' },
      ips: ['10.0.0.1', 'fd00::1'],
      conditions: [{ type: 'Ready', status: 'True', reason: '', message: '' }],
      containers: [
        { name: 'sidecar', ports: [] },
        {
          name: 'server',
          ports: [
            { name: 'mcp', port: 8080 },
            { name: '', port: 9 },
          ],
        },
      ],
      initStatuses: [
        {
          ...{ name: 'sidecar', image: '', ready: false, restarts: 0 },
          waiting: { reason: 'PodInitializing', message: '' },
          ...{ running: undefined, terminated: undefined, lastTermination: undefined },
        },
      ],
      statuses: [
        {
          ...{ name: 'server', image: 'i:1', ready: true, restarts: 2 },
          ...{ waiting: undefined, terminated: undefined },
          running: { startedAt: '2026-01-01T00:00:00Z' },
          lastTermination: { exitCode: 137, reason: 'OOMKilled' },
        },
      ],
    });
    expect(pod && isReady(pod)).to.equal(true);
  });

  it('reads a pod that no kubelet has reported on, with null for empty lists', () => {
    const pod = parsePod({
      metadata: METADATA,
      spec: { containers: [{ name: 'server', ports: null }], initContainers: null },
      status: { podIPs: null, conditions: null, containerStatuses: null },
    });
    expect(pod).to.deep.include({ phase: 'Pending', ips: [], conditions: [], initStatuses: [], statuses: [] });
    expect(pod && isReady(pod)).to.equal(false);
  });

  it('rejects anything else', () => {
    expect(parsePod('x')).to.equal(undefined);
    expect(parsePod({ metadata: { name: 'p' }, spec: {} })).to.equal(undefined);
  });
});
