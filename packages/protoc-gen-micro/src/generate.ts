import { create, createFileRegistry, type DescFile, type DescMessage, type FileRegistry } from "@bufbuild/protobuf";
import { type FileDescriptorProto, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { formatPosition, ProtoError } from "./diagnostics.ts";
import { descriptorSetBase64 } from "./emit/descriptor-set.ts";
import { enumObject } from "./emit/enum.ts";
import { ignoredBindings } from "./emit/http-rule.ts";
import { isGroup, messageInterface, messageValue } from "./emit/message.ts";
import { type ImportExtension, type ModuleSettings, modulePath, openModule } from "./emit/module.ts";
import { goCamelCase, methodKey } from "./emit/names.ts";
import { serviceDescription } from "./emit/service.ts";
import { type SourceInfo, sourceInfo } from "./emit/source-info.ts";
import { shippedFile } from "./proto/shipped.ts";

export interface GenerateOptions {
  /** Compiled .proto files with everything they import, in any order; from `compileProto`, protoc or buf. */
  files: readonly FileDescriptorProto[];
  /** Names of the files to generate code for, `user/user.proto`. @default all of `files` */
  targets?: readonly string[];
  /** Also generates each imported file whose types the code needs. @default "all" */
  imports?: "all" | "well-known";
  /** How imports between generated files end; `none` for bundlers. @default "ts" */
  importExtension?: ImportExtension;
  /** What the generated code imports `loadMessages` and its types from. @default "@micro/core" */
  coreModule?: string;
}

/** A file to be written, its path relative to the output folder and with `/`. */
export interface GeneratedFile {
  readonly path: string;
  readonly content: string;
}

export interface Generated {
  /** Sorted by path. */
  readonly files: readonly GeneratedFile[];
  /** Sentences for people, each beginning with `file:line:column: `, in the order of the files. */
  readonly warnings: readonly string[];
}

/**
 * TypeScript for compiled .proto files, one file each.
 *
 * The same input gives the same text on every machine and through every compiler. Throws `ProtoError` for what cannot
 * be expressed, such as two methods with one name.
 */
export function generate(options: GenerateOptions): Generated {
  const settings: ModuleSettings = {
    importExtension: options.importExtension ?? "ts",
    coreModule: options.coreModule ?? "@micro/core",
  };
  const registry = openRegistry(options.files);
  const pending = [...(options.targets ?? options.files.map(({ name }) => name))];
  const done = new Map<string, string>();
  const warnings: string[] = [];
  for (let name = pending.shift(); name !== undefined; name = pending.shift()) {
    if (done.has(name)) continue;
    const file = registry.getFile(name);
    if (!file) throw new Error(`no file ${name} among the compiled files`);
    const source = sourceInfo(file.proto);
    warnings.push(...checkFields(file, source), ...checkMethods(file, source));
    const { text, needed } = moduleText(file, source, registry, settings);
    done.set(name, text);
    for (const imported of needed) {
      if (options.imports !== "well-known" || imported.startsWith("google/protobuf/")) pending.push(imported);
    }
  }
  const files = [...done].map(([name, content]) => ({ path: modulePath(name), content }));
  return { files: files.sort((a, b) => (a.path < b.path ? -1 : 1)), warnings };
}

/** Files that this package ships are taken from here, so that the output does not change with the compiler's version. */
function openRegistry(files: readonly FileDescriptorProto[]): FileRegistry {
  const given = new Map(files.map((file) => [file.name, file]));
  const ordered = new Map<string, FileDescriptorProto>();
  const add = (name: string): void => {
    const file = ordered.has(name) ? undefined : (shippedFile(name) ?? given.get(name));
    if (!file) return;
    file.dependency.forEach(add);
    ordered.set(name, file);
  };
  for (const { name } of files) add(name);
  return createFileRegistry(create(FileDescriptorSetSchema, { file: [...ordered.values()] }));
}

interface ModuleText {
  readonly text: string;
  /** The .proto files whose generated code this one imports. */
  readonly needed: readonly string[];
}

function moduleText(file: DescFile, source: SourceInfo, registry: FileRegistry, settings: ModuleSettings): ModuleText {
  const module = openModule(file, settings);
  const messages = allMessages(file.messages);
  const enums = [...file.enums, ...messages.flatMap(({ nestedEnums }) => nestedEnums)];
  const parts = [
    ...enums.map((desc) => enumObject(desc, module, source)),
    ...messages.map((desc) => messageInterface(desc, module, source)),
  ];
  if (messages.length > 0 || file.services.length > 0) {
    parts.push([
      `const messages = ${module.core("loadMessages")}(`,
      `  "${descriptorSetBase64(file, registry)}",`,
      ");",
    ]);
  }
  parts.push(messages.map((desc) => messageValue(desc, module)));
  parts.push(...file.services.map((desc) => serviceDescription(desc, module, source)));
  const imports = module.imports();
  // A file without any declaration is still a module for whoever imports it.
  if (parts.every((part) => part.length === 0)) parts.push(["export {};"]);
  const header = [`// Generated by protoc-gen-micro from ${file.proto.name}. Do not edit.`, ...imports];
  const text = [header, ...parts].filter((part) => part.length > 0).map((part) => part.join("\n"));
  return { text: `${text.join("\n\n")}\n`, needed: module.importedFiles() };
}

/** With the nested ones, each behind the one it stands in. */
function allMessages(messages: readonly DescMessage[]): DescMessage[] {
  return messages.flatMap((message) => [message, ...allMessages(message.nestedMessages)]);
}

function checkFields(file: DescFile, source: SourceInfo): string[] {
  const warnings: string[] = [];
  for (const message of allMessages(file.messages)) {
    // Compilers let proto2 files have two fields that cannot both be a property of one type.
    const byKey = new Map<string, string>();
    for (const field of message.fields) {
      const position = source.position(field);
      const other = byKey.get(field.jsonName);
      if (other !== undefined) {
        const reason = `${field.name} and ${other} of ${message.name} would both be the property ${field.jsonName}`;
        throw new ProtoError(position, `${reason}: give one a json_name`);
      }
      byKey.set(field.jsonName, field.name);
      if (isGroup(field)) {
        warnings.push(
          `${formatPosition(position)}: the group ${field.name} of ${message.name} is left out: groups are not read`,
        );
      }
    }
  }
  return warnings;
}

function checkMethods(file: DescFile, source: SourceInfo): string[] {
  const warnings: string[] = [];
  for (const service of file.services) {
    const keys = new Map<string, string>();
    for (const method of service.methods) {
      const position = source.position(method);
      const key = methodKey(method.name);
      const other = keys.get(key);
      if (other !== undefined) {
        throw new ProtoError(
          position,
          `rpc ${method.name} and rpc ${other} would both be the method ${key}: rename one`,
        );
      }
      keys.set(key, method.name);
      const exported = goCamelCase(method.name);
      if (method.name !== exported) {
        warnings.push(
          `${formatPosition(position)}: rpc ${method.name} cannot be called on a go-micro server, which exposes it as ${exported}: rename it to ${exported}`,
        );
      }
      warnings.push(
        ...ignoredBindings(method).map((reason) => `${formatPosition(position)}: rpc ${method.name}: ${reason}`),
      );
    }
  }
  return warnings;
}
