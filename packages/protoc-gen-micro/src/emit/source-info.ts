import type { DescEnum, DescField, DescMessage, DescMethod, DescOneof, DescService } from "@bufbuild/protobuf";
import type { FileDescriptorProto, SourceCodeInfo_Location } from "@bufbuild/protobuf/wkt";
import type { Position } from "../diagnostics.ts";

/** What of a file a comment may stand beside. */
export type Documented =
  | DescMessage
  | DescField
  | DescOneof
  | DescEnum
  | DescEnum["values"][number]
  | DescService
  | DescMethod;

/** Comments and places of the things in one file. */
export interface SourceInfo {
  /** The comment above a thing or, failing that, the one behind it, line by line; empty when there is none. */
  comment(of: Documented): readonly string[];
  /** Line and column 1 when the compiler left no places. */
  position(of: Documented): Position;
}

/** Reads the source info of a file, which a compiler writes by path of field numbers. */
export function sourceInfo(file: FileDescriptorProto): SourceInfo {
  const locations = new Map<string, SourceCodeInfo_Location>();
  for (const location of file.sourceCodeInfo?.location ?? []) {
    const key = location.path.join(".");
    // A block such as `extend` appears more than once under one path; the first is the one with the comment.
    if (!locations.has(key)) locations.set(key, location);
  }
  const find = (of: Documented): SourceCodeInfo_Location | undefined => locations.get(pathOf(of).join("."));
  return {
    comment(of) {
      const location = find(of);
      const text = location?.leadingComments || location?.trailingComments || "";
      return commentLines(text);
    },
    position(of) {
      const [line = 0, column = 0] = find(of)?.span ?? [];
      return { file: file.name, line: line + 1, column: column + 1 };
    },
  };
}

/** The path of field numbers in `FileDescriptorProto` that leads to a thing. */
function pathOf(of: Documented): number[] {
  switch (of.kind) {
    case "message":
      return of.parent
        ? [...pathOf(of.parent), 3, of.parent.proto.nestedType.indexOf(of.proto)]
        : [4, of.file.proto.messageType.indexOf(of.proto)];
    case "enum":
      return of.parent
        ? [...pathOf(of.parent), 4, of.parent.proto.enumType.indexOf(of.proto)]
        : [5, of.file.proto.enumType.indexOf(of.proto)];
    case "service":
      return [6, of.file.proto.service.indexOf(of.proto)];
    case "field":
      return [...pathOf(of.parent), 2, of.parent.proto.field.indexOf(of.proto)];
    case "oneof":
      return [...pathOf(of.parent), 8, of.parent.proto.oneofDecl.indexOf(of.proto)];
    case "enum_value":
      return [...pathOf(of.parent), 2, of.parent.proto.value.indexOf(of.proto)];
    case "rpc":
      return [...pathOf(of.parent), 2, of.parent.proto.method.indexOf(of.proto)];
  }
}

function commentLines(text: string): string[] {
  const lines = text.split("\n").map((line) => line.replace(/^ /, "").trimEnd());
  while (lines[0] === "") lines.shift();
  while (lines.at(-1) === "") lines.pop();
  return lines;
}
