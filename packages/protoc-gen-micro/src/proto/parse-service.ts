import { create } from "@bufbuild/protobuf";
import {
  type MethodDescriptorProto,
  MethodDescriptorProtoSchema,
  MethodOptionsSchema,
  type ServiceDescriptorProto,
  ServiceDescriptorProtoSchema,
  ServiceOptionsSchema,
} from "@bufbuild/protobuf/wkt";
import { locate, type ParseContext, parseOptionStatement, parseTypeName, type Scope } from "./parse-context.ts";

/** `service Name { … }`; `scope.path` is the service's own. */
export function parseService(context: ParseContext, scope: Scope): void {
  const { tokens, places, file } = context;
  const first = tokens.expect("service");
  const name = tokens.identifier("the name of the service");
  const service = create(ServiceDescriptorProtoSchema, { name: name.text });
  places.set(service, tokens.position(name));
  file.service.push(service);
  locate(context, scope.path, first, tokens.endDeclaration("{"));
  const inner: Scope = { path: scope.path, names: [...scope.names, name.text] };
  while (!tokens.at("}")) {
    if (tokens.at(";")) tokens.endDeclaration(";");
    else if (tokens.at("option")) parseOptionStatement(context, service, ServiceOptionsSchema, inner);
    else if (tokens.at("rpc")) parseMethod(context, service, inner);
    else tokens.unexpected("rpc, option or `}`");
  }
  tokens.endDeclaration("}");
}

function parseMethod(context: ParseContext, service: ServiceDescriptorProto, scope: Scope): void {
  const { tokens, places } = context;
  const first = tokens.expect("rpc");
  const name = tokens.identifier("the name of the rpc");
  const method = create(MethodDescriptorProtoSchema, { name: name.text });
  places.set(method, tokens.position(name));
  const path = [...scope.path, 2, service.method.length];
  service.method.push(method);
  const inner: Scope = { path, names: [...scope.names, name.text] };
  parseMessageType(context, method, "inputType", inner);
  tokens.expect("returns", "and the response");
  parseMessageType(context, method, "outputType", inner);
  if (tokens.at(";")) {
    locate(context, path, first, tokens.endDeclaration(";"));
    return;
  }
  if (!tokens.at("{")) tokens.unexpected("`;` or `{`");
  locate(context, path, first, tokens.endDeclaration("{"));
  while (!tokens.at("}")) {
    if (tokens.at(";")) tokens.endDeclaration(";");
    else if (tokens.at("option")) parseOptionStatement(context, method, MethodOptionsSchema, inner);
    else tokens.unexpected("option or `}`");
  }
  tokens.endDeclaration("}");
}

function parseMessageType(
  { tokens, references }: ParseContext,
  method: MethodDescriptorProto,
  side: "inputType" | "outputType",
  scope: Scope,
): void {
  tokens.expect("(", `and the ${side === "inputType" ? "request" : "response"}`);
  if (tokens.take("stream")) method[side === "inputType" ? "clientStreaming" : "serverStreaming"] = true;
  const position = tokens.position(tokens.peek());
  references.push({
    name: parseTypeName(tokens, "the name of a message"),
    scope: scope.names.join("."),
    position,
    wanted: ["message"],
    found(fullName) {
      method[side] = fullName;
    },
  });
  tokens.expect(")");
}
