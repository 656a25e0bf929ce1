import type { DescEnum, DescFile, DescMessage, DescService } from "@bufbuild/protobuf";

/** What a generated file exports by name. */
export type Exported = DescMessage | DescEnum | DescService;

/**
 * The TypeScript name of everything a file exports.
 *
 * It is the proto name, of nested messages and enums with the outer names in front: `AddressBook_Person`. A name that
 * TypeScript or the generated code itself needs, or that is taken already, gets `_` at its end. Depends on nothing but
 * the file, so that files which import it come to the same names.
 */
export function exportedNames(file: DescFile): ReadonlyMap<Exported, string> {
  const names = new Map<Exported, string>();
  const taken = new Set<string>(reserved);
  const give = (desc: Exported, wanted: string): void => {
    const name = freeName(wanted, taken);
    taken.add(name);
    names.set(desc, name);
  };
  // Top-level names first: `Foo_Bar` at the top keeps its name before the `Bar` inside of `Foo` does.
  for (const desc of [...file.messages, ...file.enums, ...file.services]) give(desc, desc.name);
  const nested = (message: DescMessage): void => {
    for (const desc of [...message.nestedMessages, ...message.nestedEnums]) give(desc, flatName(desc));
    for (const inner of message.nestedMessages) nested(inner);
  };
  for (const message of file.messages) nested(message);
  return names;
}

/** `wanted`, with as many `_` at its end as it takes to be none of `taken`. */
export function freeName(wanted: string, taken: ReadonlySet<string>): string {
  let name = wanted;
  while (taken.has(name)) name += "_";
  return name;
}

/** `Outer_Inner` of `pkg.Outer.Inner`. */
function flatName(desc: DescMessage | DescEnum): string {
  const prefix = desc.file.proto.package === "" ? "" : `${desc.file.proto.package}.`;
  return desc.typeName.slice(prefix.length).replaceAll(".", "_");
}

/** Key of a method in the description: the rpc name with its first letter in lower case. */
export function methodKey(rpcName: string): string {
  return rpcName.charAt(0).toLowerCase() + rpcName.slice(1);
}

/**
 * The name under which Go exports an rpc, as its protobuf generator makes it: `do_it` is `DoIt`.
 *
 * go-micro's client sends the name as written and its server knows only this form, so the two must be equal.
 */
export function goCamelCase(name: string): string {
  return name
    .replace(/^_([a-z]?)/, (_, letter: string) => `X${letter.toUpperCase()}`)
    .replace(/(?:^|_|(?<=[0-9]))([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** A property name as it may stand in an object type or literal: quoted unless it is an identifier. */
export function propertyName(name: string): string {
  // As a plain key it would set the prototype of the object instead of a property.
  if (name === "__proto__") return `["__proto__"]`;
  return /^[A-Za-z_$][A-Za-z0-9_$]*$/.test(name) ? name : JSON.stringify(name);
}

const keywords =
  "break case catch class const continue debugger default delete do else enum export extends false finally for " +
  "function if import in instanceof new null return super switch this throw true try typeof var void while with " +
  "implements interface let package private protected public static yield await arguments eval";
const typeKeywords = "any bigint boolean never number object string symbol undefined unknown";
const usedByGeneratedCode =
  "Record Uint8Array globalThis loadMessages messages MessageType MethodDescription ServiceDescription";

const reserved: ReadonlySet<string> = new Set(`${keywords} ${typeKeywords} ${usedByGeneratedCode}`.split(" "));
