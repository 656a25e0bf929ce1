import { describe, expect, it } from "vitest";
import { loadServices } from "../../codec/protobuf/services.ts";
import type { ServiceDescription } from "../../words/description.ts";
import { type Logger, silentLogger } from "../../words/logger.ts";
import type { ServerReflectionRequest, ServerReflectionResponse } from "../gen/grpc_reflection_v1.ts";
import type { ServiceContext } from "../service.ts";
import { readFiles } from "./proto-file.ts";
import { reflectionHandler } from "./reflection.ts";
import { serviceState } from "./state.ts";

describe("reflection", () => {
  it("lists services by full name, sorted, each once", async () => {
    const bare = { name: "Say", fullName: "Say", methods: {} };
    const [answer] = await ask([...shop(), bare, ...shop()], { host: "here", listServices: "" });
    expect(answer).toEqual({
      validHost: "here",
      originalRequest: { host: "here", listServices: "" },
      listServicesResponse: { service: [{ name: "Say" }, { name: "shop.Parcels" }, { name: "shop.v1.Orders" }] },
    });
  });

  it("gives files as they were compiled, with all imports", async () => {
    const [answer] = await ask(shop(), { fileByFilename: "shop/orders.proto" });
    const given = answer?.fileDescriptorResponse?.fileDescriptorProto ?? [];
    expect(given.map(nameOf)).toEqual(["shop/orders.proto", "google/protobuf/timestamp.proto", "shop/money.proto"]);
    const [orders, timestamp, money] = given;
    const set = Buffer.concat([timestamp, money, orders].map((file) => setOf(file ?? new Uint8Array())));
    expect(set.toString("base64")).toBe(orderFiles);
  });

  it("sends an import once a stream, and what is asked for each time", async () => {
    const orders = { fileContainingSymbol: "shop.v1.Orders" };
    const money = { fileContainingSymbol: "shop.Money" };
    const answers = await ask(shop(), money, orders, orders, money);
    expect(answers.map(filesOf)).toEqual([
      ["shop/money.proto"],
      ["shop/orders.proto", "google/protobuf/timestamp.proto"],
      ["shop/orders.proto"],
      ["shop/money.proto"],
    ]);
  });

  it.each([
    ["a service", "shop.v1.Orders", "shop/orders.proto"],
    ["a method", "shop.v1.Orders.Place", "shop/orders.proto"],
    ["a message", "shop.v1.Receipt", "shop/orders.proto"],
    ["a nested message", "shop.v1.Order.Line", "shop/orders.proto"],
    ["a field", "shop.v1.Order.Line.what", "shop/orders.proto"],
    ["a oneof", "shop.v1.Order.Line.price", "shop/orders.proto"],
    ["an enum", "shop.v1.Order.Speed", "shop/orders.proto"],
    ["a value of an enum", "shop.v1.Order.FAST", "shop/orders.proto"],
    ["an extension", "shop.colour", "shop/marks.proto"],
    ["an extension within a message", "shop.Stamps.count", "shop/marks.proto"],
    ["a type of an import", "shop.Money", "shop/money.proto"],
    ["a well-known type that nobody imports", "google.protobuf.Duration", "google/protobuf/duration.proto"],
  ])("finds the file of %s", async (_, fileContainingSymbol, file) => {
    const [answer] = await ask(shop(), { fileContainingSymbol });
    expect(filesOf(answer)[0]).toBe(file);
  });

  it("finds extensions by what they extend", async () => {
    const [colour, count, numbers, none] = await ask(
      shop(),
      { fileContainingExtension: { containingType: "shop.Parcel", extensionNumber: 120 } },
      { fileContainingExtension: { containingType: "shop.Parcel", extensionNumber: 110 } },
      { allExtensionNumbersOfType: "shop.Parcel" },
      { allExtensionNumbersOfType: "shop.Money" },
    );
    expect([filesOf(colour), filesOf(count)]).toEqual([["shop/marks.proto"], ["shop/marks.proto"]]);
    expect(numbers?.allExtensionNumbersResponse).toEqual({ baseTypeName: "shop.Parcel", extensionNumber: [110, 120] });
    expect(none?.allExtensionNumbersResponse).toEqual({ baseTypeName: "shop.Money", extensionNumber: [] });
  });

  it("answers what it does not know with NOT_FOUND, and goes on", async () => {
    const answers = await ask(
      shop(),
      { fileByFilename: "orders.proto" },
      { fileContainingSymbol: "Orders" },
      { fileContainingSymbol: "" },
      { fileContainingExtension: { containingType: "shop.Parcel", extensionNumber: 111 } },
      { allExtensionNumbersOfType: "shop.v1.Orders" },
      { fileContainingSymbol: "shop.v1.Orders" },
    );
    expect(answers.map(({ errorResponse }) => errorResponse)).toEqual([
      { errorCode: 5, errorMessage: 'file "orders.proto" is not known here' },
      { errorCode: 5, errorMessage: 'symbol "Orders" is not known here' },
      { errorCode: 5, errorMessage: 'symbol "" is not known here' },
      { errorCode: 5, errorMessage: 'extension 111 of "shop.Parcel" is not known here' },
      { errorCode: 5, errorMessage: 'message "shop.v1.Orders" is not known here' },
      undefined,
    ]);
  });

  it("refuses a request that asks for nothing", async () => {
    await expect(ask(shop(), {})).rejects.toMatchObject({ code: 400 });
  });

  it("takes the first of two different files of one name, says so, and keeps each with its own imports", async () => {
    const warnings: string[] = [];
    const logger: Logger = { ...silentLogger, warn: (line: string | object) => void warnings.push(String(line)) };
    // As long as before, so that the lengths around it stay right.
    const changed = Buffer.from(orderFiles, "base64")
      .toString("latin1")
      .replaceAll("shop.v1", "shop.v2")
      .replace("currency", "currence");
    const [first, second] = await askWith(
      logger,
      [...shop(), ...loadServices(Buffer.from(changed, "latin1")).values()],
      { fileContainingSymbol: "shop.v1.Orders" },
      { fileContainingSymbol: "shop.v2.Orders" },
    );
    expect(textOf(first, "shop/money.proto")).toContain("currency");
    expect(textOf(second, "shop/money.proto")).toContain("currence");
    // Equal in both, and so sent already.
    expect(filesOf(second)).not.toContain("google/protobuf/timestamp.proto");
    expect(warnings).toEqual(
      ["shop/money.proto", "shop/orders.proto"].map(
        (name) => `two different files are called ${name}; gRPC reflection tells of the one that was handled first`,
      ),
    );
  });

  it("reads no descriptors until it is asked about them, and then once", async () => {
    let reads = 0;
    const [orders] = shop();
    const files = () => {
      reads++;
      return orders?.files?.() ?? new Uint8Array();
    };
    const described = [{ name: "Orders", fullName: "shop.v1.Orders", methods: {}, files }];
    await ask(described, { listServices: "" });
    expect(reads).toBe(0);
    await ask(described, { fileByFilename: "a" }, { fileByFilename: "b" });
    expect(reads).toBe(1);
  });
});

function shop(): ServiceDescription[] {
  return [orderFiles, parcelFiles].flatMap((files) => [...loadServices(Buffer.from(files, "base64")).values()]);
}

type Ask = Partial<ServerReflectionRequest>;

function ask(described: readonly ServiceDescription[], ...requests: Ask[]): Promise<ServerReflectionResponse[]> {
  return askWith(silentLogger, described, ...requests);
}

async function askWith(
  logger: Logger,
  described: readonly ServiceDescription[],
  ...requests: Ask[]
): Promise<ServerReflectionResponse[]> {
  const { serverReflectionInfo } = reflectionHandler({ service: "shop", described, state: serviceState(), logger });
  async function* stream(): AsyncGenerator<ServerReflectionRequest> {
    for (const request of requests) yield { host: "", ...request };
  }
  const answers: ServerReflectionResponse[] = [];
  for await (const answer of serverReflectionInfo(stream(), {} as ServiceContext)) {
    answers.push(answer as ServerReflectionResponse);
  }
  return answers;
}

function filesOf(answer: ServerReflectionResponse | undefined): string[] {
  return answer?.fileDescriptorResponse?.fileDescriptorProto.map(nameOf) ?? [];
}

function textOf(answer: ServerReflectionResponse | undefined, name: string): string {
  const file = answer?.fileDescriptorResponse?.fileDescriptorProto.find((bytes) => nameOf(bytes) === name);
  return Buffer.from(file ?? []).toString("latin1");
}

function nameOf(file: Uint8Array): string {
  return readFiles(setOf(file))[0]?.name ?? "";
}

/** A descriptor set is nothing but files, each with a tag and its length in front. */
function setOf(file: Uint8Array): Buffer {
  const length = file.length < 128 ? [file.length] : [(file.length & 127) | 128, file.length >> 7];
  return Buffer.concat([Buffer.from([0x0a, ...length]), file]);
}

/*
  shop/orders.proto, syntax "proto3", package shop.v1, which imports google/protobuf/timestamp.proto and
  shop/money.proto (package shop, message Money):

    service Orders {
      rpc Place(Order) returns (Receipt);
      rpc Follow(Order) returns (stream Receipt);
    }
    message Order {
      message Line { string what = 1; oneof price { Money each = 2; Money total = 3; } }
      enum Speed { SLOW = 0; FAST = 1; }
      repeated Line lines = 1;
      Speed speed = 2;
    }
    message Receipt { google.protobuf.Timestamp at = 1; string text = 2; }
*/
const orderFiles = [
  "Cv8BCh9nb29nbGUvcHJvdG9idWYvdGltZXN0YW1wLnByb3RvEg9nb29nbGUucHJvdG9idWYiOwoJVGltZXN0YW1wEhgKB3NlY29uZHMYASABKA",
  "NSB3NlY29uZHMSFAoFbmFub3MYAiABKAVSBW5hbm9zQoUBChNjb20uZ29vZ2xlLnByb3RvYnVmQg5UaW1lc3RhbXBQcm90b1ABWjJnb29nbGUu",
  "Z29sYW5nLm9yZy9wcm90b2J1Zi90eXBlcy9rbm93bi90aW1lc3RhbXBwYvgBAaICA0dQQqoCHkdvb2dsZS5Qcm90b2J1Zi5XZWxsS25vd25UeX",
  "Blc2IGcHJvdG8zClsKEHNob3AvbW9uZXkucHJvdG8SBHNob3AiOQoFTW9uZXkSGgoIY3VycmVuY3kYASABKAlSCGN1cnJlbmN5EhQKBXVuaXRz",
  "GAIgASgDUgV1bml0c2IGcHJvdG8zCvADChFzaG9wL29yZGVycy5wcm90bxIHc2hvcC52MRofZ29vZ2xlL3Byb3RvYnVmL3RpbWVzdGFtcC5wcm",
  "90bxoQc2hvcC9tb25leS5wcm90byLoAQoFT3JkZXISKQoFbGluZXMYASADKAsyEy5zaG9wLnYxLk9yZGVyLkxpbmVSBWxpbmVzEioKBXNwZWVk",
  "GAIgASgOMhQuc2hvcC52MS5PcmRlci5TcGVlZFIFc3BlZWQaawoETGluZRISCgR3aGF0GAEgASgJUgR3aGF0EiEKBGVhY2gYAiABKAsyCy5zaG",
  "9wLk1vbmV5SABSBGVhY2gSIwoFdG90YWwYAyABKAsyCy5zaG9wLk1vbmV5SABSBXRvdGFsQgcKBXByaWNlIhsKBVNwZWVkEggKBFNMT1cQABII",
  "CgRGQVNUEAEiSQoHUmVjZWlwdBIqCgJhdBgBIAEoCzIaLmdvb2dsZS5wcm90b2J1Zi5UaW1lc3RhbXBSAmF0EhIKBHRleHQYAiABKAlSBHRleH",
  "QyYQoGT3JkZXJzEikKBVBsYWNlEg4uc2hvcC52MS5PcmRlchoQLnNob3AudjEuUmVjZWlwdBIsCgZGb2xsb3cSDi5zaG9wLnYxLk9yZGVyGhAu",
  "c2hvcC52MS5SZWNlaXB0MAFiBnByb3RvMw==",
].join("");

/*
  shop/marks.proto, syntax "proto2", package shop:

    message Parcel { optional string id = 1; extensions 100 to 199; }
    extend Parcel { optional string colour = 120; }
    message Stamps { extend Parcel { optional int32 count = 110; } }
    service Parcels { rpc Send(Parcel) returns (Stamps); }
*/
const parcelFiles = [
  "CrwBChBzaG9wL21hcmtzLnByb3RvEgRzaG9wIh8KBlBhcmNlbBIOCgJpZBgBIAEoCVICaWQqBQhkEMgBIiwKBlN0YW1wczIiCgVjb3VudBIMLn",
  "Nob3AuUGFyY2VsGG4gASgFUgVjb3VudDItCgdQYXJjZWxzEiIKBFNlbmQSDC5zaG9wLlBhcmNlbBoMLnNob3AuU3RhbXBzOiQKBmNvbG91chIM",
  "LnNob3AuUGFyY2VsGHggASgJUgZjb2xvdXI=",
].join("");
