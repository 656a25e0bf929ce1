import { once } from "node:events";
import { createRequire } from "node:module";
import { type AddressInfo, createServer } from "node:net";
import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import type { Dispatcher, OutgoingCall, ProtocolServer } from "../../protocol/protocol.ts";
import { createService } from "../../service/create-service.ts";
import { Debug } from "../../service/gen/debug.ts";
import { noDeadline } from "../../words/deadline.ts";
import { connectOnDemand, serveOnDemand } from "./on-demand.ts";

const { cache } = createRequire(import.meta.url);
const loaded = (): boolean => Object.keys(cache).some((path) => path.includes("/@grpc/grpc-js/"));

const call: OutgoingCall = {
  target: { service: "a", endpoint: "Say.Hello", kind: "unary", contentType: "application/json" },
  metadata: {},
  deadline: noDeadline,
  timeoutMs: undefined,
  signal: undefined,
};
async function* one(): AsyncGenerator<Uint8Array, void, undefined> {
  yield new Uint8Array(0);
}

// In this order: what is loaded stays so.
describe("grpc-js", () => {
  it("is not loaded by a service that starts, serves and calls", async () => {
    const argv = ["--registry=memory", "--log_level=error"];
    await using service = createService({ name: "srv", argv, env: {}, noticeMs: 0, localCalls: "never" });
    await service.start();
    expect(await service.client(Debug, "srv").health({})).toEqual({ status: "ok" });
    expect(loaded()).toBe(false);
  });

  it("is not loaded by a connection before its first call", async () => {
    await using _connection = connectOnDemand("127.0.0.1:1");
    expect(loaded()).toBe(false);
  });

  it("is loaded by a call, which is refused when the connection is closed meanwhile", async () => {
    const connection = connectOnDemand("127.0.0.1:1");
    const calls = [
      connection.unary(call, new Uint8Array(0)),
      connection.stream(call, one())[Symbol.asyncIterator]().next(),
    ];
    await connection.close();
    for (const each of calls)
      await expect(each).rejects.toMatchObject({ code: 503, detail: "connection to 127.0.0.1:1 is closed" });
    expect(loaded()).toBe(true);
  });

  it("answers a connection that comes before it is loaded, and minds none that breaks meanwhile", async () => {
    const dispatcher: Dispatcher = {
      kindOf: () => "unary",
      hasHandler: () => true,
      unary: async (_call, body) => body,
      stream: async () => undefined,
    };
    let server: ProtocolServer | undefined;
    const listener = createServer((socket) => {
      server = serveOnDemand(dispatcher);
      const broken = new PassThrough();
      server.accept(broken);
      broken.destroy(new Error("reset by peer"));
      server.accept(socket);
    });
    listener.listen(0, "127.0.0.1");
    await once(listener, "listening");
    await using connection = connectOnDemand(`127.0.0.1:${(listener.address() as AddressInfo).port}`);
    expect(Buffer.from(await connection.unary(call, Buffer.from("1"))).toString()).toBe("1");
    listener.close();
    await server?.close();
  });
});
