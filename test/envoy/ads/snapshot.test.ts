import { expect } from 'chai';
import { CLUSTER, ENDPOINTS, equalSnapshots, resourcesOf } from '../../../envoy/ads/snapshot.ts';
import { decodeAny } from '../../../protos/load.ts';
import { snapshotOf } from './snapshots.ts';

describe('envoy/ads/snapshot', () => {
  it('has one version for equal contents', () => {
    const versions = ['1', '1', '2'].map((text) => snapshotOf({ a: text }).get('a')?.cluster.version);
    expect(versions[0]).to.equal(versions[1]);
    expect(versions[0]).not.to.equal(versions[2]);
    expect(versions[0]).to.match(/^[\w-]{16}$/);
  });

  it('has clusters and endpoints under the same name', () => {
    const snapshot = snapshotOf({ a: '1' });
    const cluster = resourcesOf(snapshot, CLUSTER, 'a');
    const endpoints = resourcesOf(snapshot, ENDPOINTS, 'a');
    expect(cluster?.any.type_url).to.equal('type.googleapis.com/envoy.config.cluster.v3.Cluster');
    expect(decodeAny('envoy.config.cluster.v3.Cluster', cluster?.any.value ?? Buffer.alloc(0)).name).to.equal('a');
    expect(endpoints?.any.type_url).to.equal('type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment');
    expect(resourcesOf(snapshot, CLUSTER, 'b')).to.equal(undefined);
  });

  it('is equal to a snapshot with the same resources', () => {
    const a = snapshotOf({ a: '1', b: '1' });
    expect(equalSnapshots(a, snapshotOf({ b: '1', a: '1' }))).to.equal(true);
    for (const other of [{ a: '1' }, { a: '1', b: '2' }, { a: '1', c: '1' }, { a: '1', b: '1', c: '1' }, {}]) {
      expect(equalSnapshots(a, snapshotOf(other as Record<string, string>)), JSON.stringify(other)).to.equal(false);
    }
  });
});
