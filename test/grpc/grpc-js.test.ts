import { fileURLToPath } from "node:url";
import {
  type Client,
  type ClientDuplexStream,
  compressionAlgorithms,
  credentials,
  type handleBidiStreamingCall,
  type handleClientStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  loadPackageDefinition,
  Metadata,
  Server,
  ServerCredentials,
  type ServiceClientConstructor,
  type StatusObject,
  status,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import type { Server as OurServer } from "@micro/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { endingCases, messageCases, metadataCases } from "./client-cases.ts";
import { type OurClient, openOurClient, startOurServer } from "./our-side.ts";
import type {
  Payload,
  SimpleRequest,
  SimpleResponse,
  StreamingInputCallRequest,
  StreamingInputCallResponse,
  StreamingOutputCallRequest,
  StreamingOutputCallResponse,
} from "./src/gen/test.ts";

const proto = fileURLToPath(new URL("proto/test.proto", import.meta.url));
const loaded = loadPackageDefinition(loadSync(proto, { defaults: true }));
const TestService = (loaded.grpc as unknown as { testing: { TestService: ServiceClientConstructor } }).testing
  .TestService;
const encodings = [
  ["sends messages plain", {}],
  ["compresses messages with gzip", { "grpc.default_compression_algorithm": compressionAlgorithms.gzip }],
  ["compresses messages with deflate", { "grpc.default_compression_algorithm": compressionAlgorithms.deflate }],
] as const;

describe.each(encodings)("our client on grpc-js's server, which %s", (_how, channelOptions) => {
  let server: Server;
  let address: string;
  let client: OurClient;

  beforeAll(async () => {
    server = new Server(channelOptions);
    server.addService(TestService.service, handlers);
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (reason, bound) =>
        reason ? reject(reason) : resolve(bound),
      ),
    );
    address = `127.0.0.1:${port}`;
    client = openOurClient();
  });
  afterAll(async () => {
    await client?.[Symbol.asyncDispose]();
    server?.forceShutdown();
  });

  it.each(Object.entries({ ...messageCases, ...metadataCases, ...endingCases }))("passes %s", (_name, run) =>
    run(client, address),
  );
});

describe.each(encodings)("grpc-js's client, which %s, on our server", (_how, channelOptions) => {
  let server: OurServer;
  let client: Client & Record<string, CallableFunction>;

  beforeAll(async () => {
    let port: number;
    ({ server, port } = await startOurServer());
    client = new TestService(`127.0.0.1:${port}`, credentials.createInsecure(), channelOptions) as typeof client;
  });
  afterAll(async () => {
    client?.close();
    await server?.close();
  });

  const unary = (request: Partial<SimpleRequest>): Promise<SimpleResponse> =>
    new Promise((resolve, reject) => {
      client.UnaryCall?.(request, (reason: Error | null, reply: SimpleResponse) =>
        reason ? reject(reason) : resolve(reply),
      );
    });

  it("gets a large reply to a large request", async () => {
    const reply = await unary({ responseSize: 314_159, payload: payload(271_828) });
    expect(reply.payload?.body).toHaveLength(314_159);
  });

  it("streams to the server", async () => {
    const reply = await new Promise<StreamingInputCallResponse>((resolve, reject) => {
      const call = client.StreamingInputCall?.((reason: Error | null, sum: StreamingInputCallResponse) =>
        reason ? reject(reason) : resolve(sum),
      );
      for (const size of [27_182, 8, 1_828, 45_904]) call.write({ payload: payload(size) });
      call.end();
    });
    expect(reply).toEqual({ aggregatedPayloadSize: 74_922 });
  });

  it("plays ping-pong", async () => {
    const call = client.FullDuplexCall?.() as ClientDuplexStream<unknown, StreamingOutputCallResponse>;
    const sizes: number[] = [];
    const asked = [31_415, 9, 2_653, 58_979];
    const ask = (): void => {
      const size = asked[sizes.length];
      if (size === undefined) call.end();
      else call.write({ responseParameters: [{ size, intervalUs: 0 }], payload: payload(27_182) });
    };
    ask();
    for await (const reply of call) {
      sizes.push((reply as StreamingOutputCallResponse).payload?.body.length ?? 0);
      ask();
    }
    expect(sizes).toEqual(asked);
  });

  it("gets the status and message asked for", async () => {
    const failure = unary({ responseStatus: { code: 2, message: "\t☺ 😈\n" } });
    await expect(failure).rejects.toMatchObject({ code: status.UNKNOWN, details: "\t☺ 😈\n" });
  });

  it("gets its metadata echoed, as headers and as trailers", async () => {
    const metadata = new Metadata();
    metadata.set(initial, "value");
    metadata.set(trailing, Buffer.from([0xab, 0xab, 0xab]));
    const call = client.FullDuplexCall?.(metadata) as ClientDuplexStream<unknown, StreamingOutputCallResponse>;
    const headers = new Promise<Metadata>((resolve) => call.once("metadata", resolve));
    const ended = new Promise<StatusObject>((resolve) => call.once("status", resolve));
    call.resume();
    call.end({ responseParameters: [{ size: 1, intervalUs: 0 }] });
    expect((await headers).get(initial)).toEqual(["value"]);
    expect((await ended).metadata.get(trailing)).toEqual([Buffer.from([0xab, 0xab, 0xab])]);
  });

  it("may cancel after the first reply", async () => {
    const call = client.FullDuplexCall?.() as ClientDuplexStream<unknown, StreamingOutputCallResponse>;
    const ended = new Promise((resolve) => call.once("error", resolve));
    call.once("data", () => call.cancel());
    call.write({ responseParameters: [{ size: 31_415, intervalUs: 0 }] });
    expect(await ended).toMatchObject({ code: status.CANCELLED });
  });
});

const handlers = {
  EmptyCall: ((_call, reply) => reply(null, {})) as handleUnaryCall<object, object>,
  UnaryCall: ((call, reply) => {
    const { request } = call;
    const [headers, trailers] = echoed(call.metadata);
    call.sendMetadata(headers);
    const { code, message } = request.responseStatus ?? { code: 0, message: "" };
    if (code) reply({ code, details: message });
    else reply(null, { payload: payload(request.responseSize) }, trailers);
  }) as handleUnaryCall<SimpleRequest, SimpleResponse>,
  StreamingOutputCall: ((call) => {
    for (const { size } of call.request.responseParameters) call.write({ payload: payload(size) });
    call.end();
  }) as handleServerStreamingCall<StreamingOutputCallRequest, StreamingOutputCallResponse>,
  StreamingInputCall: ((call, reply) => {
    let aggregatedPayloadSize = 0;
    call.on("data", (message: StreamingInputCallRequest) => {
      aggregatedPayloadSize += message.payload?.body.length ?? 0;
    });
    call.on("end", () => reply(null, { aggregatedPayloadSize }));
  }) as handleClientStreamingCall<StreamingInputCallRequest, StreamingInputCallResponse>,
  FullDuplexCall: ((call) => {
    const [headers, trailers] = echoed(call.metadata);
    call.sendMetadata(headers);
    call.on("data", ({ responseStatus, responseParameters }: StreamingOutputCallRequest) => {
      if (responseStatus) call.emit("error", { code: responseStatus.code, details: responseStatus.message });
      for (const { size } of responseParameters) call.write({ payload: payload(size) });
    });
    call.on("end", () => call.end(trailers));
  }) as handleBidiStreamingCall<StreamingOutputCallRequest, StreamingOutputCallResponse>,
};

// What the case custom_metadata sends, and wants back.
const initial = "x-grpc-test-echo-initial";
const trailing = "x-grpc-test-echo-trailing-bin";

function echoed(sent: Metadata): [headers: Metadata, trailers: Metadata] {
  const [headers, trailers] = [new Metadata(), new Metadata()];
  for (const value of sent.get(initial)) headers.add(initial, value);
  for (const value of sent.get(trailing)) trailers.add(trailing, value);
  return [headers, trailers];
}

function payload(size: number): Payload {
  return { type: 0, body: Buffer.alloc(size) };
}
