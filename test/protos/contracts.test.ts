import { readdirSync } from 'node:fs';
import { expect } from 'chai';
import protobuf from 'protobufjs';
import { protoDir } from '../../protos/load.ts';
import { contradictions, type Facts, factsOf, officialDirs, readProtos } from './facts.ts';

/**
 * Facts of Envoy 1.40 that the installed descriptors do not contain yet. The numbers are from the files of the same name in
 * github.com/envoyproxy/data-plane-api at 84e84367f2560cdb47b9bb78fd3e615feb80c3e4 (January 2026).
 */
const newerThanInstalled: Facts = new Map([
  ['field envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext.auto_sni_san_validation', '7 bool'],
  [
    'field envoy.service.ext_proc.v3.BodyMutation.streamed_response',
    '3 envoy.service.ext_proc.v3.StreamedBodyResponse in oneof mutation',
  ],
  ['message envoy.service.ext_proc.v3.StreamedBodyResponse', 'envoy/service/ext_proc/v3/external_processor.proto'],
  ['field envoy.service.ext_proc.v3.StreamedBodyResponse.body', '1 bytes'],
  ['field envoy.service.ext_proc.v3.StreamedBodyResponse.end_of_stream', '2 bool'],
]);

const files = readdirSync(protoDir, { recursive: true, encoding: 'utf8' })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => /^(envoy|google)\/.*\.proto$/.test(file))
  .sort();

describe('contracts shared with Envoy', () => {
  const ours = factsOf(readProtos(files, [protoDir]), [protoDir]);
  const official = factsOf(readProtos(files, officialDirs), officialDirs);

  it('agree with the official descriptors', () => {
    expect(contradictions(ours, new Map([...newerThanInstalled, ...official]))).to.deep.equal([]);
  });

  it('have every service that Envoy calls', () => {
    expect([...ours.keys()].filter((name) => name.startsWith('method '))).to.have.members([
      'method envoy.service.accesslog.v3.AccessLogService/StreamAccessLogs',
      'method envoy.service.auth.v3.Authorization/Check',
      'method envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources',
      'method envoy.service.ext_proc.v3.ExternalProcessor/Process',
    ]);
  });

  it('use every file below envoy/ and google/', () => {
    expect(
      new Set([...ours].filter(([name]) => /^(message|enum|service) /.test(name)).map(([, file]) => file)),
    ).to.deep.equal(new Set(files));
  });

  it('list as newer only what the installed descriptors lack and the contracts use', () => {
    for (const [name, fact] of newerThanInstalled) {
      expect(official.has(name), `${name} is in the installed descriptors now: remove it from the list`).to.equal(
        false,
      );
      expect(ours.get(name), `${name} is not used`).to.equal(fact);
      if (!name.startsWith('field ')) continue;
      const message = name.slice(0, name.lastIndexOf('.') + 1);
      const numbers = [...official]
        .filter(([other]) => other.startsWith(message))
        .map(([, other]) => other.split(' ')[0]);
      expect(numbers, `number of ${name}`).not.to.include(fact.split(' ')[0]);
    }
  });

  it('would disagree if the number of any field changed', () => {
    const root = readProtos(files, [protoDir]);
    const whole: Facts = new Map([...newerThanInstalled, ...official]);
    let fields = 0;
    for (const field of fieldsOf(root)) {
      fields += 1;
      field.id += 1000;
      const lines = contradictions(factsOf(root, [protoDir]), whole);
      field.id -= 1000;
      expect(lines, field.fullName).to.have.lengthOf(1);
      expect(lines[0]).to.include(`${field.fullName.slice(1)}: ours is "${field.id + 1000} `);
    }
    expect(fields).to.equal([...ours.keys()].filter((name) => name.startsWith('field ')).length);
    expect(fields).to.be.greaterThan(100);
  });
});

function* fieldsOf(object: protobuf.ReflectionObject): Generator<protobuf.Field> {
  if (object.fullName === '.google.protobuf') return;
  if (object instanceof protobuf.Type) yield* object.fieldsArray;
  if (object instanceof protobuf.Namespace) for (const inner of object.nestedArray) yield* fieldsOf(inner);
}

describe('contradictions', () => {
  const whole = `
    syntax = "proto3"; package p;
    enum Color { RED = 0; BLUE = 1; }
    message Inner { string text = 1; }
    message Other { string text = 1; }
    message Outer {
      string name = 1; repeated uint32 sizes = 2; map<string, Inner> inners = 3;
      oneof choice { Inner inner = 4; bool none = 5; }
      Color color = 6; Inner plain = 7;
    }
    service Desk { rpc Ask(Inner) returns (Outer); rpc Talk(stream Inner) returns (stream Outer); }`;
  const facts = (source: string) => factsOf(protobuf.parse(source, { keepCase: true }).root.resolveAll());

  it('do not exist between a contract and itself or a part of it', () => {
    expect(contradictions(facts(whole), facts(whole))).to.deep.equal([]);
    expect(contradictions(facts(whole.replace('Color color = 6; Inner plain = 7;', '')), facts(whole))).to.deep.equal(
      [],
    );
  });

  const mutations: [what: string, from: string, to: string, name: string][] = [
    ['a number', 'string name = 1', 'string name = 9', 'field p.Outer.name'],
    ['a scalar type', 'string name = 1', 'bytes name = 1', 'field p.Outer.name'],
    ['a message type', 'Inner plain = 7', 'Other plain = 7', 'field p.Outer.plain'],
    ['a field name', 'string name = 1', 'string title = 1', 'field p.Outer.title'],
    ['a label', 'repeated uint32 sizes', 'uint32 sizes', 'field p.Outer.sizes'],
    ['optional', 'string name = 1', 'optional string name = 1', 'field p.Outer.name'],
    ['packing', 'sizes = 2', 'sizes = 2 [packed = false]', 'field p.Outer.sizes'],
    ['the key of a map', 'map<string, Inner>', 'map<int32, Inner>', 'field p.Outer.inners'],
    ['the value of a map', 'map<string, Inner>', 'map<string, Other>', 'field p.Outer.inners'],
    ['membership of a oneof', 'bool none = 5; }', '} bool none = 5;', 'field p.Outer.none'],
    ['the name of a oneof', 'oneof choice { Inner inner = 4;', 'oneof pick { Inner inner = 4;', 'field p.Outer.inner'],
    ['the number of an enum value', 'BLUE = 1', 'BLUE = 2', 'value p.Color.BLUE'],
    ['the name of an enum value', 'BLUE = 1', 'GREEN = 1', 'value p.Color.GREEN'],
    ['a message name', 'message Other', 'message Another', 'message p.Another'],
    ['a method name', 'rpc Ask', 'rpc Query', 'method p.Desk/Query'],
    ['the request of a method', 'Ask(Inner)', 'Ask(Other)', 'method p.Desk/Ask'],
    ['the streaming of a request', 'Talk(stream Inner)', 'Talk(Inner)', 'method p.Desk/Talk'],
    ['the streaming of a response', '(stream Outer)', '(Outer)', 'method p.Desk/Talk'],
    ['the package', 'package p', 'package q', 'message q.Outer'],
  ];
  for (const [what, from, to, name] of mutations) {
    it(`include a change of ${what}`, () => {
      expect(whole).to.include(from);
      const lines = contradictions(facts(whole.replace(from, to)), facts(whole));
      expect(lines.some((line) => line.startsWith(`${name}: `))).to.equal(true, lines.join('\n'));
    });
  }
});
