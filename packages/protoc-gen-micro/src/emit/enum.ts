import type { DescEnum } from "@bufbuild/protobuf";
import { docComment } from "./doc-comment.ts";
import { deprecation } from "./message.ts";
import type { Module } from "./module.ts";
import { propertyName } from "./names.ts";
import type { SourceInfo } from "./source-info.ts";

/**
 * An enum as a constant object and a type of the same name.
 *
 * The type is `number` and not the union of the values: a peer with a newer proto file may send others.
 */
export function enumObject(desc: DescEnum, module: Module, source: SourceInfo): string[] {
  const name = module.typeName(desc);
  const comment = source.comment(desc);
  return [
    ...docComment([...comment, ...deprecation(desc)]),
    `export const ${name} = {`,
    ...desc.values.flatMap((value) => [
      ...docComment([...source.comment(value), ...deprecation(value)], "  "),
      `  ${propertyName(value.name)}: ${value.number},`,
    ]),
    "} as const;",
    `/** A value of \`${name}\`, or a number that a newer proto file gave a meaning. */`,
    `export type ${name} = number;`,
  ];
}
