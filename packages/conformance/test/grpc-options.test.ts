import { connect as connectTcp, createServer, type Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { type ConnectOptions, grpc, grpcJs, MicroError, type Protocol, type ServeOptions } from "@micro/core";
import { afterEach, describe, expect, it } from "vitest";
import { bytes, echo, text } from "../src/protocol/echo.ts";
import {
  chatCall,
  type Listening,
  openWire,
  type ProtocolHarness,
  plainCall,
  type Wire,
} from "../src/protocol/harness.ts";

const engines = { ours: grpc, "grpc-js": grpcJs };
const pairs = Object.entries(engines).flatMap(([client, { connect }]) =>
  Object.entries(engines).map(([server, { serve }]) => ({
    client,
    server,
    protocol: { name: "grpc", connect, serve },
  })),
);

/** What went over the wire so far, and which connections carry it. */
interface Meter {
  sockets: Socket[];
  read(): number;
  written(): number;
}

function metered(protocol: Protocol): { harness: ProtocolHarness; meter: Meter } {
  const sockets: Socket[] = [];
  const sum = (of: (socket: Socket) => number) => (): number => sockets.reduce((all, socket) => all + of(socket), 0);
  const harness: ProtocolHarness = {
    protocol,
    contentTypes: ["application/grpc+proto", "application/json"],
    patienceMs: 10_000,
    async listen(server): Promise<Listening> {
      const listener = createServer((socket) => {
        sockets.push(socket);
        server.accept(socket);
      });
      await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
      return {
        address: `127.0.0.1:${(listener.address() as { port: number }).port}`,
        get accepted() {
          return sockets.length;
        },
        cut() {
          for (const socket of sockets) socket.destroy();
        },
        close: () => new Promise((resolve) => listener.close(() => resolve())),
      };
    },
  };
  return { harness, meter: { sockets, read: sum((s) => s.bytesRead), written: sum((s) => s.bytesWritten) } };
}

/** A way to an address on which everything can come to a standstill, as when a machine is unplugged. */
async function openWay(to: string): Promise<{ address: string; freeze(): void; close(): void }> {
  const sockets: Socket[] = [];
  const listener = createServer((near) => {
    const far = connectTcp(Number(to.split(":")[1]), "127.0.0.1");
    near.on("data", (chunk) => far.write(chunk));
    far.on("data", (chunk) => near.write(chunk));
    for (const socket of [near, far]) socket.on("error", () => socket.destroy());
    sockets.push(near, far);
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  return {
    address: `127.0.0.1:${(listener.address() as { port: number }).port}`,
    freeze() {
      for (const socket of sockets) socket.removeAllListeners("data");
    },
    close() {
      for (const socket of sockets) socket.destroy();
      listener.close();
    },
  };
}

const large = Buffer.alloc(200_000, "compressible ");

describe.each(pairs)("gRPC, client on $client with server on $server", ({ client, server, protocol }) => {
  const open: Wire[] = [];
  afterEach(async () => {
    for (const wire of open.splice(0)) await wire[Symbol.asyncDispose]();
  });

  async function start(options: { connect?: ConnectOptions; serve?: ServeOptions } = {}) {
    const { harness, meter } = metered(protocol);
    const wire = await openWire(harness, echo, { ...options, stream: (_call, messages) => messages });
    open.push(wire);
    return { harness, meter, wire };
  }

  it("sends large messages compressed when told so, by the client or by the call", async () => {
    for (const [connect, call, compresses] of [
      [{}, {}, false],
      [{ compression: "gzip" }, {}, true],
      [{}, { compression: "gzip" }, true],
      [{ compression: "gzip" }, { compression: "identity" }, false],
    ] as const) {
      const { harness, meter, wire } = await start({ connect });
      await wire.connection.unary(plainCall(harness, call), large);
      expect(meter.read() < large.length / 10).toBe(compresses);
      expect(meter.written()).toBeGreaterThan(large.length); // nobody told the server
    }
  });

  it("sends the messages of a stream compressed", async () => {
    const { harness, meter, wire } = await start({ connect: { compression: "gzip" } });
    async function* both() {
      yield large;
      yield large;
    }
    let replies = 0;
    for await (const reply of wire.connection.stream(chatCall(harness), both())) {
      expect(large.equals(reply)).toBe(true);
      replies++;
    }
    expect(replies).toBe(2);
    expect(meter.read()).toBeLessThan(large.length / 10);
  });

  it("leaves small messages as they are", async () => {
    const small = Buffer.alloc(1_000);
    const { harness, meter, wire } = await start({ connect: { compression: "gzip" } });
    await wire.connection.unary(plainCall(harness), small);
    const before = meter.read();
    await wire.connection.unary(plainCall(harness), small);
    expect(meter.read() - before).toBeGreaterThan(1_000);
  });

  // grpc-js has no compression of replies.
  it.skipIf(server === "grpc-js")("compresses replies, of streams too, for callers that can read them", async () => {
    const { harness, meter, wire } = await start({ serve: { compression: "gzip" } });
    expect(large.equals(await wire.connection.unary(plainCall(harness), large))).toBe(true);
    expect(meter.written()).toBeLessThan(large.length / 10);
    async function* one() {
      yield large;
    }
    for await (const reply of wire.connection.stream(chatCall(harness), one())) expect(large.equals(reply)).toBe(true);
    expect(meter.written()).toBeLessThan(large.length / 10);
    expect(meter.read()).toBeGreaterThan(2 * large.length);
  });

  it("takes no more of a compressed message than its limit, and goes on with the next call", async () => {
    const bomb = Buffer.alloc(3_000_000);
    expect(gzipSync(bomb).length).toBeLessThan(10_000);
    const { harness, wire } = await start({
      connect: { compression: "gzip", maxMessageBytes: 4_000_000 },
      serve: { maxMessageBytes: 100_000 },
    });
    await expect(wire.connection.unary(plainCall(harness), bomb)).rejects.toMatchObject({ code: 413 });
    expect(text(await wire.connection.unary(plainCall(harness), bytes("next")))).toBe("next");
  });

  it.skipIf(server === "grpc-js")("takes no more of a compressed reply than its limit", async () => {
    const { harness, meter } = metered(protocol);
    const wire = await openWire(harness, async () => Buffer.alloc(3_000_000), {
      connect: { maxMessageBytes: 100_000 },
      serve: { compression: "gzip" },
    });
    open.push(wire);
    await expect(wire.connection.unary(plainCall(harness), bytes("x"))).rejects.toMatchObject({ code: 413 });
    expect(meter.written()).toBeLessThan(100_000);
  });

  it("keeps what nobody has read yet compressed, on either side, and loses none of it", async () => {
    const messages = 80;
    const { harness } = metered(protocol);
    let mayRead = (): void => undefined;
    const reading = new Promise<void>((resolve) => {
      mayRead = resolve;
    });
    let received = 0;
    const wire = await openWire(harness, echo, {
      connect: { compression: "gzip" },
      serve: { compression: "gzip" },
      async *stream(_call, requests) {
        await reading;
        for await (const request of requests) received += request.length;
        for (let i = 0; i < messages; i++) yield Buffer.alloc(1_000_000);
      },
    });
    open.push(wire);
    let sent = 0;
    async function* zeros() {
      const message = Buffer.alloc(1_000_000);
      for (; sent < messages; sent++) yield message;
    }
    const memory = (): number => process.memoryUsage().arrayBuffers;
    const before = memory();
    const replies = wire.connection.stream(chatCall(harness), zeros())[Symbol.asyncIterator]();
    const first = replies.next();
    let last = -1;
    // What is sent stops growing when the window is full, if not all of it fits compressed.
    while (last !== sent) {
      last = sent;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    expect(memory() - before).toBeLessThan(30_000_000);
    mayRead();
    let got = 0;
    for (let reply = await first; !reply.done; reply = await replies.next()) {
      got++;
      if (got === 5) await new Promise((resolve) => setTimeout(resolve, 500)); // a reader that takes its time
      if (got === 6) expect(memory() - before).toBeLessThan(40_000_000);
    }
    expect([received, got]).toEqual([messages * 1_000_000, messages]);
  });

  it("tells clients to go when their connection is old, and ends no call by it", async () => {
    const { harness, meter, wire } = await start({ serve: { keepalive: { maxAgeMs: 300 } } });
    while (meter.sockets.length < 3) {
      // A call that crosses with the news may be refused, surely not run; the client tries such a one again.
      const outcome = await wire.connection.unary(plainCall(harness), bytes("x")).catch((reason: unknown) => reason);
      if (outcome instanceof MicroError) expect(outcome).toMatchObject({ code: 503, unprocessed: true });
      await new Promise((resolve) => setImmediate(resolve));
    }
  });

  it("lets a connection go that has had no call for long", async () => {
    const { harness, meter, wire } = await start({ serve: { keepalive: { maxIdleMs: 100 } } });
    await wire.connection.unary(plainCall(harness), bytes("x"));
    await expect.poll(() => meter.sockets[0]?.destroyed, { timeout: 10_000 }).toBe(true);
    expect(text(await wire.connection.unary(plainCall(harness), bytes("again")))).toBe("again");
  });

  it.each([false, true])(
    "notices a server that has gone silent under a call; asked without calls: %s",
    async (idle) => {
      const { harness } = metered(protocol);
      let arrived = (): void => undefined;
      const inside = new Promise<void>((resolve) => {
        arrived = resolve;
      });
      const never = (): Promise<Uint8Array> => {
        arrived();
        return new Promise(() => undefined);
      };
      const wire = await openWire(harness, never);
      open.push(wire);
      const way = await openWay(wire.address);
      const keepalive = { timeMs: 100, timeoutMs: 100, permitWithoutCalls: idle };
      const connection = protocol.connect(way.address, { keepalive });
      const lost = expect(connection.unary(plainCall(harness), bytes("x"))).rejects.toMatchObject({ code: 503 });
      await inside;
      way.freeze();
      await lost;
      await connection.close();
      way.close();
    },
  );

  it.skipIf(server === "grpc-js")(
    "ends a connection on which it is asked too often, after which is asked less",
    async () => {
      const { harness, meter, wire } = await start({
        connect: { keepalive: { timeMs: 30, timeoutMs: 5_000, permitWithoutCalls: true } },
        serve: { keepalive: { minTimeMs: 60_000 } },
      });
      await wire.connection.unary(plainCall(harness), bytes("x"));
      await expect.poll(() => meter.sockets[0]?.destroyed, { timeout: 10_000 }).toBe(true);
      expect(text(await wire.connection.unary(plainCall(harness), bytes("again")))).toBe("again");
    },
  );

  // grpc-node#3068: node's HTTP/2 cannot ask for signs of life after a graceful GOAWAY, and grpc-js takes that for a dead peer.
  it.each(["client", "server"] as const)(
    "keeps a call in flight over a drain while the %s asks for signs of life",
    async (asking) => {
      const { harness, meter } = metered(protocol);
      let arrived = (): void => undefined;
      const inside = new Promise<void>((resolve) => {
        arrived = resolve;
      });
      let finish = (): void => undefined;
      const mayFinish = new Promise<void>((resolve) => {
        finish = resolve;
      });
      const wire = await openWire(
        harness,
        async (_call, body) => {
          arrived();
          await mayFinish;
          return body;
        },
        { [asking === "client" ? "connect" : "serve"]: { keepalive: { timeMs: 40 } } },
      );
      open.push(wire);
      const reply = wire.connection.unary(plainCall(harness), bytes("held")).then(text, (reason: unknown) => reason);
      await inside;
      const drained = wire.drain();
      const [read, written] = [meter.read(), meter.written()];
      let over = false;
      void reply.then(() => {
        over = true;
      });
      // Six questions and answers after the GOAWAY, of 17 bytes each, unless the call has ended before.
      const asked = (): boolean => meter.read() - read > 8 * 17 && meter.written() - written > 8 * 17;
      await expect.poll(() => over || asked(), { timeout: 10_000 }).toBe(true);
      finish();
      const survives = (asking === "client" ? client : server) === "ours";
      if (survives) expect(await reply).toBe("held");
      else expect(await reply).toMatchObject({ code: 503, unprocessed: false });
      await drained;
    },
  );
});
