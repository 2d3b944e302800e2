// A contract as a flat list of facts, so that two contracts can be compared fact by fact.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import protobuf from 'protobufjs';

/** The facts of a contract: name ("field envoy.type.v3.Percent.value") to definition ("1 double"). */
export type Facts = ReadonlyMap<string, string>;

const require = createRequire(import.meta.url);

/** The folders of the official descriptors; imports are relative to them. */
export const officialDirs: readonly string[] = [
  ...['envoy-api', 'xds', 'googleapis', 'protoc-gen-validate'].map((name) =>
    join(dirname(require.resolve('@grpc/grpc-js-xds/package.json')), 'deps', name),
  ),
  dirname(require.resolve('protobufjs/package.json')),
];

/** Parses .proto files and their imports, each from the first folder that has it. */
export function readProtos(files: readonly string[], dirs: readonly string[]): protobuf.Root {
  const root = new protobuf.Root();
  root.resolvePath = (_origin, target) => {
    const dir = dirs.find((candidate) => existsSync(join(candidate, target)));
    if (dir === undefined) throw new Error(`${target} is in none of ${dirs.join(', ')}`);
    return join(dir, target);
  };
  root.loadSync([...files], { keepCase: true }).resolveAll();
  return root;
}

/** The facts of every message, field, enum, value, service and method, except those of google.protobuf. */
export function factsOf(root: protobuf.Namespace, dirs: readonly string[] = []): Facts {
  const facts = new Map<string, string>();
  collect(root, dirs, facts);
  return facts;
}

function collect(object: protobuf.ReflectionObject, dirs: readonly string[], facts: Map<string, string>): void {
  const name = nameOf(object);
  if (name === 'google.protobuf') return;
  if (object instanceof protobuf.Type) {
    facts.set(`message ${name}`, fileOf(object, dirs));
    for (const field of object.fieldsArray) facts.set(`field ${name}.${field.name}`, fieldFact(field));
  } else if (object instanceof protobuf.Enum) {
    facts.set(`enum ${name}`, fileOf(object, dirs));
    for (const [value, number] of Object.entries(object.values)) facts.set(`value ${name}.${value}`, `${number}`);
  } else if (object instanceof protobuf.Service) {
    facts.set(`service ${name}`, fileOf(object, dirs));
    for (const method of object.methodsArray) facts.set(`method ${name}/${method.name}`, methodFact(method));
  }
  if (object instanceof protobuf.Namespace) for (const inner of object.nestedArray) collect(inner, dirs, facts);
}

function fieldFact(field: protobuf.Field): string {
  const type = field.resolvedType === null ? field.type : nameOf(field.resolvedType);
  const parts = [`${field.id}`, field instanceof protobuf.MapField ? `map<${field.keyType}, ${type}>` : type];
  if (field.repeated) parts.push(field.packed ? 'repeated packed' : 'repeated');
  if (field.required) parts.push('required');
  // protobufjs represents `optional` in proto3 as a oneof named after the field.
  if (field.partOf) parts.push(`in oneof ${field.partOf.name}`);
  return parts.join(' ');
}

function methodFact(method: protobuf.Method): string {
  const side = (stream: boolean | undefined, type: protobuf.Type | null) =>
    `${stream ? 'stream ' : ''}${type === null ? 'unknown' : nameOf(type)}`;
  const request = side(method.requestStream, method.resolvedRequestType);
  return `${request} returns ${side(method.responseStream, method.resolvedResponseType)}`;
}

function nameOf(object: protobuf.ReflectionObject): string {
  return object.fullName.replace(/^\./, '');
}

function fileOf(object: protobuf.ReflectionObject, dirs: readonly string[]): string {
  const file = object.filename ?? '';
  const dir = dirs.find((candidate) => file.startsWith(`${join(candidate, '/')}`));
  return dir === undefined ? file : relative(dir, file).replaceAll('\\', '/');
}

/** One line for each fact of a subset that the whole contract lacks or states differently. */
export function contradictions(subset: Facts, whole: Facts): string[] {
  const lines: string[] = [];
  for (const [name, fact] of subset) {
    const official = whole.get(name);
    if (official === undefined) lines.push(`${name}: ours is "${fact}", and it is not in the official contract`);
    else if (official !== fact) lines.push(`${name}: ours is "${fact}", the official one "${official}"`);
  }
  return lines;
}
