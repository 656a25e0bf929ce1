import type { DescMethod, DescService } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import { docComment } from "./doc-comment.ts";
import { endpointMetadata } from "./http-rule.ts";
import { deprecation } from "./message.ts";
import { type Module, maxLineWidth } from "./module.ts";
import { methodKey, propertyName } from "./names.ts";
import type { SourceInfo } from "./source-info.ts";

/** The description of a service, from which clients and handlers get their types. */
export function serviceDescription(service: DescService, module: Module, source: SourceInfo): string[] {
  const name = module.valueName(service);
  return [
    ...docComment([...source.comment(service), ...deprecation(service)]),
    `export const ${name}: ${module.core("ServiceDescription")}<{`,
    ...service.methods.flatMap((method) => [
      ...docComment([...source.comment(method), ...deprecation(method)], "  "),
      `  ${propertyName(methodKey(method.name))}: ${methodType(method, module)};`,
    ]),
    "}> = {",
    `  name: ${JSON.stringify(service.name)},`,
    `  fullName: ${JSON.stringify(service.typeName)},`,
    "  methods: {",
    ...service.methods.flatMap((method) => methodValue(method, module)),
    "  },",
    "  files: () => messages.files(),",
    "};",
  ];
}

function methodType(method: DescMethod, module: Module): string {
  const [request, response] = [module.typeName(method.input), module.typeName(method.output)];
  return `${module.core("MethodDescription")}<${JSON.stringify(kindOf(method))}, ${request}, ${response}>`;
}

function methodValue(method: DescMethod, module: Module): string[] {
  const metadata = endpointMetadata(method);
  return [
    `    ${propertyName(methodKey(method.name))}: {`,
    `      kind: ${JSON.stringify(kindOf(method))},`,
    `      name: ${JSON.stringify(method.name)},`,
    `      request: ${module.valueName(method.input)},`,
    `      response: ${module.valueName(method.output)},`,
    ...(isIdempotent(method) ? ["      idempotent: true,"] : []),
    ...(metadata ? objectLines("metadata", metadata, "      ") : []),
    "    },",
  ];
}

function kindOf({ methodKind }: DescMethod): string {
  const kinds = {
    unary: "unary",
    server_streaming: "server-stream",
    client_streaming: "client-stream",
    bidi_streaming: "duplex",
  };
  return kinds[methodKind];
}

function isIdempotent({ idempotency }: DescMethod): boolean {
  return (
    idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS ||
    idempotency === MethodOptions_IdempotencyLevel.IDEMPOTENT
  );
}

function objectLines(key: string, object: Readonly<Record<string, string>>, indent: string): string[] {
  const entries = Object.entries(object).map(([name, value]) => `${propertyName(name)}: ${JSON.stringify(value)}`);
  const line = `${indent}${key}: { ${entries.join(", ")} },`;
  if (line.length <= maxLineWidth) return [line];
  return [`${indent}${key}: {`, ...entries.map((entry) => `${indent}  ${entry},`), `${indent}},`];
}
