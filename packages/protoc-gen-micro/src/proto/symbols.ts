import type {
  DescriptorProto,
  EnumDescriptorProto,
  FieldDescriptorProto,
  FileDescriptorProto,
} from "@bufbuild/protobuf/wkt";

/** What a full name stands for. */
export interface SymbolEntry {
  readonly kind: "package" | "message" | "enum" | "enum value" | "field" | "extension" | "oneof" | "service" | "rpc";
  /** The file that declares it; of a package, one of them. */
  readonly file: string;
  readonly descriptor: object;
}

/** All names of some files, without a dot in front. */
export type Symbols = Map<string, SymbolEntry>;

/** Every name that a file declares, in the order of the file, with what it stands for. */
export function* declaredSymbols(file: FileDescriptorProto): Generator<[string, SymbolEntry]> {
  const parts = file.package === "" ? [] : file.package.split(".");
  for (let count = 1; count <= parts.length; count++) {
    yield [parts.slice(0, count).join("."), { kind: "package", file: file.name, descriptor: file }];
  }
  const within = (name: string): string => (file.package === "" ? name : `${file.package}.${name}`);
  const entry = (kind: SymbolEntry["kind"], descriptor: object): SymbolEntry => ({ kind, file: file.name, descriptor });

  function* enumSymbols(desc: EnumDescriptorProto, parent: string): Generator<[string, SymbolEntry]> {
    yield [join(parent, desc.name), entry("enum", desc)];
    // As in C++, values stand beside their enum and not inside of it.
    for (const value of desc.value) yield [join(parent, value.name), entry("enum value", value)];
  }
  function* extensionSymbols(list: FieldDescriptorProto[], parent: string): Generator<[string, SymbolEntry]> {
    for (const field of list) yield [join(parent, field.name), entry("extension", field)];
  }
  function* messageSymbols(desc: DescriptorProto, parent: string): Generator<[string, SymbolEntry]> {
    const name = join(parent, desc.name);
    yield [name, entry("message", desc)];
    for (const field of desc.field) yield [join(name, field.name), entry("field", field)];
    for (const oneof of desc.oneofDecl) yield [join(name, oneof.name), entry("oneof", oneof)];
    for (const nested of desc.nestedType) yield* messageSymbols(nested, name);
    for (const nested of desc.enumType) yield* enumSymbols(nested, name);
    yield* extensionSymbols(desc.extension, name);
  }

  for (const desc of file.messageType) yield* messageSymbols(desc, file.package);
  for (const desc of file.enumType) yield* enumSymbols(desc, file.package);
  yield* extensionSymbols(file.extension, file.package);
  for (const service of file.service) {
    yield [within(service.name), entry("service", service)];
    for (const method of service.method) yield [`${within(service.name)}.${method.name}`, entry("rpc", method)];
  }
}

function join(parent: string, name: string): string {
  return parent === "" ? name : `${parent}.${name}`;
}
