import { type AddressInfo, createServer } from "node:net";
import { accept } from "@micro/http2";
import { afterEach, describe, expect, it } from "vitest";
import type { OutgoingCall, Protocol } from "../protocol/protocol.ts";
import { noDeadline } from "../words/deadline.ts";
import { MicroError, parseError } from "../words/errors.ts";
import { closeStack } from "../words/lifecycle.ts";
import { fromGrpc, toGrpc } from "./errors.ts";
import { grpc, grpcJs } from "./grpc.ts";
import { GrpcStatus } from "./grpc-status.ts";
import { grpcStatus } from "./status.ts";

const engines = { ours: grpc, "grpc-js": grpcJs };
const pairs = Object.entries(engines).flatMap(([client, { connect }]) =>
  Object.entries(engines).map(([server, { serve }]): [string, Protocol] => [
    `client ${client}, server ${server}`,
    { name: "grpc", connect, serve },
  ]),
);
const call: OutgoingCall = {
  target: { service: "greeter", endpoint: "Say.Hello", kind: "unary", contentType: "application/json" },
  metadata: {},
  deadline: noDeadline,
  timeoutMs: undefined,
  signal: undefined,
};

describe("a gRPC status", () => {
  let open = closeStack();
  afterEach(async () => {
    await open.close();
    open = closeStack();
  });

  it("travels under its own code, with its plain message and go-micro's error as first detail", () => {
    const { status, message, details } = toGrpc(new GrpcStatus(grpcStatus.dataLoss, "lost it", { id: "greeter" }));
    expect([status, message]).toEqual([15, "lost it"]);
    expect(Buffer.from(details).indexOf("type.googleapis.com/errors.Error")).toBeGreaterThan(0);
    expect(fromGrpc({ status, message, details })).toMatchObject({
      id: "greeter",
      code: 500,
      detail: "lost it",
      grpc: { status: 15, details: [] },
    });
  });

  it("is go-micro's error for whoever knows no gRPC", () => {
    const error = new GrpcStatus(grpcStatus.notFound, "no such user");
    expect(error).toBeInstanceOf(MicroError);
    expect(parseError(error.message)).toEqual({ id: "", code: 404, detail: "no such user", status: "Not Found" });
  });

  it.each([0, 17, -1, 1.5, Number.NaN])("is refused where %d is none of an error", (status) => {
    expect(() => new GrpcStatus(status, "x")).toThrow(RangeError);
  });

  it("of another's answer travels on as a code of go-micro, which all its generations read", () => {
    const answer = fromGrpc({ status: grpcStatus.dataLoss, message: "lost it", details: undefined });
    expect(toGrpc(answer)).toMatchObject({ status: grpcStatus.internal, message: answer.message });
  });

  it.each(pairs)("comes with message and details: %s", async (_name, protocol) => {
    const details = [{ typeUrl: "type.googleapis.com/google.rpc.RetryInfo", value: Buffer.from([0x0a, 2, 8, 5]) }];
    const address = await served(protocol, (status) => {
      throw new GrpcStatus(status, " not <ü> 😈\r\n% yet ", { id: "greeter", details });
    });
    for (let status = 1; status <= 16; status++) {
      const error = await failure(protocol, address, status);
      expect(error).toMatchObject({ id: "greeter", detail: " not <ü> 😈\r\n% yet ", answered: true });
      const told = error.grpc?.details.map(({ typeUrl, value }) => ({ typeUrl, value: Buffer.from(value) }));
      expect([error.grpc?.status, told]).toEqual([status, details]);
    }
  });

  it.each(Object.entries(engines))(
    "of a foreign server is told beside the code: client %s",
    async (_name, protocol) => {
      // As grpc-go sends it: a blank at the end, and no details.
      const listener = createServer((socket) => {
        accept(socket, {
          onStream(stream) {
            const message = protocol === grpc ? "all gone " : "all gone";
            const reply = [":status", "200", "content-type", "application/grpc", "grpc-status", "15"];
            stream.respond([...reply, "grpc-message", message], [], true);
          },
        });
      });
      await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
      open.defer(() => void listener.close());
      const error = await failure(protocol, `127.0.0.1:${(listener.address() as AddressInfo).port}`, 1);
      expect(error).toMatchObject({ code: 500, grpc: { status: 15, details: [] }, answered: true });
      expect(error.detail.trim()).toBe("all gone");
    },
  );

  /** Serves `Say.Hello`, which fails as `fail` does with the length of the request. */
  async function served({ serve }: Protocol, fail: (length: number) => never): Promise<string> {
    const server = serve({
      kindOf: () => "unary",
      hasHandler: () => true,
      unary: async (_call, body) => fail(body.length),
      stream: async () => undefined,
    });
    const listener = createServer((socket) => server.accept(socket));
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
    open.defer(() => void listener.close());
    open.defer(() => server.close());
    return `127.0.0.1:${(listener.address() as AddressInfo).port}`;
  }

  async function failure(protocol: Protocol, address: string, length: number): Promise<MicroError> {
    const connection = open.use(protocol.connect(address));
    const error = await connection.unary(call, new Uint8Array(length)).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(MicroError);
    return error as MicroError;
  }
});
