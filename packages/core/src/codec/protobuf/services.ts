import type { AnyMethod, MethodKind, ServiceDescription } from "../../words/description.ts";
import { decoder } from "./decode.ts";
import { resolveName } from "./descriptor.ts";
import { type MethodDescriptor, type ServiceFileSet, servicesOfFiles } from "./descriptor-schema.ts";
import { loadMessages } from "./messages.ts";

/** The services in the bytes of a `google.protobuf.FileDescriptorSet`, by full name, `user.User`. */
export function loadServices(files: Uint8Array): Map<string, ServiceDescription> {
  const messages = loadMessages(files);
  const { file } = decoder(servicesOfFiles)(files) as unknown as ServiceFileSet;
  const services = new Map<string, ServiceDescription>();
  for (const { package: scope, service } of file) {
    for (const { name = "", method } of service) {
      const fullName = scope ? `${scope}.${name}` : name;
      const methods = Object.fromEntries(method.map((each) => [lowerFirst(each.name ?? ""), describe(each, fullName)]));
      services.set(fullName, { name, fullName, methods, files: () => messages.files() });
    }
  }
  return services;

  function describe(method: MethodDescriptor, scope: string): AnyMethod {
    const typeOf = (name = "") => messages.type(resolveName(name, scope, (full) => messages.has(full)));
    return {
      kind: kindOf(method),
      name: method.name ?? "",
      request: typeOf(method.inputType),
      response: typeOf(method.outputType),
      // 1 is NO_SIDE_EFFECTS, 2 IDEMPOTENT
      ...((method.options?.idempotencyLevel ?? 0) > 0 && { idempotent: true }),
    };
  }
}

function kindOf({ clientStreaming, serverStreaming }: MethodDescriptor): MethodKind {
  if (clientStreaming) return serverStreaming ? "duplex" : "client-stream";
  return serverStreaming ? "server-stream" : "unary";
}

function lowerFirst(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}
