import { wellKnownFiles } from "../../codec/protobuf/well-known-files.ts";
import { grpcStatus } from "../../grpc/status.ts";
import type { Handlers } from "../../server/handler.ts";
import type { Init, ServiceDescription } from "../../words/description.ts";
import { badRequest } from "../../words/errors.ts";
import type { Logger } from "../../words/logger.ts";
import type { ServerReflection, ServerReflectionRequest, ServerReflectionResponse } from "../gen/grpc_reflection_v1.ts";
import type { ServiceContext } from "../service.ts";
import { type FileIndex, indexFiles } from "./file-index.ts";
import type { ProtoFile } from "./proto-file.ts";
import { type ServiceState, untilEnding } from "./state.ts";

export interface ReflectionParts {
  /** The registry's name of the service, which raises its errors. */
  readonly service: string;
  /** What callers may learn of; where two declare the same name, the first one's file is told. */
  readonly described: readonly Pick<ServiceDescription, "fullName" | "files">[];
  readonly state: ServiceState;
  readonly logger: Logger;
}

type Answer = Init<Omit<ServerReflectionResponse, "validHost" | "originalRequest">>;

/**
 * Answers `grpc.reflection.v1.ServerReflection`, and v1alpha, whose messages are the same. What is not known is an
 * answer with `NOT_FOUND` in it, after which the stream goes on.
 */
export function reflectionHandler({
  service,
  described,
  state,
  logger,
}: ReflectionParts): Handlers<(typeof ServerReflection)["methods"], ServiceContext> {
  const names = [...new Set(described.map(({ fullName }) => fullName))].sort();
  let opened: FileIndex | undefined;

  /** Reads the descriptors at the first question: most services are never asked. */
  function index(): FileIndex {
    opened ??= indexFiles(
      [...described.flatMap(({ files }) => files?.() ?? []), Buffer.from(wellKnownFiles, "base64")],
      (name) => {
        // Compilers differ in what they write for these, which is no mistake of anybody's.
        if (name.startsWith("google/protobuf/")) return;
        logger.warn(`two different files are called ${name}; gRPC reflection tells of the one that was handled first`);
      },
    );
    return opened;
  }

  function answer(request: ServerReflectionRequest, sent: Set<ProtoFile>): Answer {
    const {
      fileByFilename: name,
      fileContainingSymbol: symbol,
      fileContainingExtension: extension,
      allExtensionNumbersOfType: message,
    } = request;
    if (request.listServices !== undefined) {
      return { listServicesResponse: { service: names.map((each) => ({ name: each })) } };
    }
    if (name !== undefined) return files(index().named(name), `file "${name}"`, sent);
    if (symbol !== undefined) return files(index().declaring(symbol), `symbol "${symbol}"`, sent);
    if (extension !== undefined) {
      const { containingType, extensionNumber } = extension;
      const found = index().extending(containingType, extensionNumber);
      return files(found, `extension ${extensionNumber} of "${containingType}"`, sent);
    }
    if (message !== undefined) {
      const extensionNumber = index().extensionNumbers(message);
      if (extensionNumber === undefined) return unknown(`message "${message}"`);
      return { allExtensionNumbersResponse: { baseTypeName: message, extensionNumber } };
    }
    throw badRequest(
      service,
      "a reflection request has to ask for one of file_by_filename, file_containing_symbol, file_containing_extension, " +
        "all_extension_numbers_of_type and list_services",
    );
  }

  /** The file in any case, and of its imports those that the stream has not carried yet. */
  function files(found: ProtoFile | undefined, what: string, sent: Set<ProtoFile>): Answer {
    if (!found) return unknown(what);
    const wanted = index()
      .closure(found)
      .filter((file) => file === found || !sent.has(file));
    for (const file of wanted) sent.add(file);
    return { fileDescriptorResponse: { fileDescriptorProto: wanted.map(({ bytes }) => bytes) } };
  }

  return {
    async *serverReflectionInfo(requests) {
      const sent = new Set<ProtoFile>();
      for await (const request of untilEnding(state, requests)) {
        yield { validHost: request.host, originalRequest: request, ...answer(request, sent) };
      }
    },
  };
}

function unknown(what: string): Answer {
  return { errorResponse: { errorCode: grpcStatus.notFound, errorMessage: `${what} is not known here` } };
}
