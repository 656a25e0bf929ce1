import type { DescMessage, Registry } from "@bufbuild/protobuf";
import type { FileDescriptorProto } from "@bufbuild/protobuf/wkt";
import type { Position } from "../diagnostics.ts";

/** One .proto file as it was read: what names refer to and what options mean is not known yet. */
export interface ParsedFile {
  readonly proto: FileDescriptorProto;
  readonly imports: readonly Import[];
  readonly references: readonly Reference[];
  readonly options: readonly RawOption[];
  /** Where the name of each declaration stands, by its descriptor. */
  readonly places: ReadonlyMap<object, Position>;
}

export interface Import {
  readonly name: string;
  readonly position: Position;
}

export type ReferredKind = "message" | "enum";

/** A name that stands for a message or enum declared elsewhere. */
export interface Reference {
  /** As written, `Foo.Bar` or `.pkg.Foo`. */
  readonly name: string;
  /** The names of the messages around it, without the package: `Outer.Inner`. */
  readonly scope: string;
  readonly position: Position;
  /** What it must be. */
  readonly wanted: readonly ReferredKind[];
  /** Writes down what was found; `fullName` begins with a dot. */
  found(fullName: string, kind: ReferredKind): void;
}

/** An option as it was written, to be read when all extensions are known. */
export interface RawOption {
  readonly name: readonly OptionNamePart[];
  /** The value in protobuf's text format; a message value with its braces. */
  readonly value: string;
  readonly scope: string;
  readonly position: Position;
  /** The descriptor that the option is set on, and the kind of its options. */
  readonly owner: object;
  readonly schema: DescMessage;
  /** Adds a text of the options message to the options. Throws what is wrong with it. */
  merge(text: string, registry: Registry): void;
}

export interface OptionNamePart {
  readonly name: string;
  /** Written in parentheses: the name of an extension. */
  readonly extension: boolean;
}
