import { once } from "node:events";
import * as net from "node:net";
import { Duplex, duplexPair } from "node:stream";
import * as tls from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import { ErrorCode } from "../src/errors.ts";
import { preface } from "../src/frames/frame.ts";
import { accept, attach } from "../src/socket.ts";
import type { Stream } from "../src/stream.ts";
import { testCertificate, testKey } from "./certificate.ts";
import { eventually } from "./eventually.ts";
import { handClock } from "./hand-clock.ts";
import { call, client, closeAll, closers, echo, listen, plain } from "./over-sockets.ts";
import { frameBytes, parseFrames, rawPeer, requestFields } from "./wire.ts";

afterEach(closeAll);

describe("connecting", () => {
  it("can be used before it is done", async () => {
    const { port } = await plain();
    expect((await call(client(port), "at once")).body.toString()).toBe("at once");
  });

  it("that is refused names the address, and hands the requests back unprocessed", async () => {
    const { port } = await plain();
    await Promise.all(closers.splice(0).map((close) => close()));
    const errors: (Error | undefined)[] = [];
    const connection = client(port, { onClose: (error) => void errors.push(error) });
    const { stream } = await call(connection, "x");
    expect(stream).toMatchObject({ unprocessed: true, endedBy: "connection" });
    expect(errors.map((error) => error?.message)).toEqual([
      `connecting to 127.0.0.1:${port} failed: connect ECONNREFUSED 127.0.0.1:${port}`,
    ]);
    expect(connection.accepting).toBe(false);
  });

  it("that takes too long is given up", async () => {
    const clock = handClock();
    // The connection is made, TLS never answers.
    const { port } = await listen(net.createServer(), () => undefined);
    const connection = client(port, { clock, tls: {}, connectTimeoutMs: 3000 });
    const done = call(connection, "x");
    clock.advance(3001);
    expect((await done).stream.unprocessed).toBe(true);
    expect(connection.error?.message).toMatch(/more than 3000 ms/);
  });
});

describe("over TLS", () => {
  const serverTls = { key: testKey, cert: testCertificate };

  it("h2 is agreed on by ALPN", async () => {
    const { port } = await listen(tls.createServer({ ...serverTls, ALPNProtocols: ["h2"] }), (socket) =>
      accept(socket, { onStream: echo }),
    );
    const connection = client(port, { tls: { ca: testCertificate } });
    const body = Buffer.alloc(1_000_000, "over tls");
    expect((await call(connection, body)).body.equals(body)).toBe(true);
  });

  it("a server that picks no protocol is accepted only when told so", async () => {
    const { port } = await listen(tls.createServer(serverTls), (socket) => accept(socket, { onStream: echo }));
    const strict = client(port, { tls: { ca: testCertificate } });
    expect((await call(strict, "x")).stream.unprocessed).toBe(true);
    expect(strict.error?.message).toMatch(/ALPN/);
    const lenient = client(port, { tls: { ca: testCertificate }, allowNoAlpn: true });
    expect((await call(lenient, "x")).body.toString()).toBe("x");
  });

  it("a certificate nobody vouches for ends the connection before a byte of HTTP", async () => {
    const { port } = await listen(tls.createServer({ ...serverTls, ALPNProtocols: ["h2"] }), () => undefined);
    const connection = client(port, { tls: {} });
    expect((await call(connection, "x")).stream.unprocessed).toBe(true);
    expect(connection.error?.message).toMatch(/self.signed/);
  });
});

describe("a socket", () => {
  it.each<[string, (socket: net.Socket, go: () => void) => void]>([
    [
      "as they came",
      (socket, go) =>
        socket.once("data", (head: Buffer) => {
          socket.pause();
          socket.unshift(head);
          go();
        }),
    ],
    [
      "by read",
      (socket, go) =>
        socket.once("readable", () => {
          socket.unshift(socket.read());
          go();
        }),
    ],
  ])("whose first bytes were taken %s and put back is served from the first byte", async (_, peek) => {
    const { port } = await listen(net.createServer(), (socket) => {
      peek(socket, () => void accept(socket, { onStream: echo }));
      return undefined;
    });
    expect((await call(client(port), "put back")).body.toString()).toBe("put back");
  });

  it("may be any duplex", async () => {
    const [near, far] = duplexPair();
    accept(far, { onStream: echo });
    const connection = attach(near);
    closers.push(() => connection.destroy());
    const body = Buffer.alloc(500_000, "duplex");
    expect((await call(connection, body)).body.equals(body)).toBe(true);
  });

  it("gets in few writes what was written in one turn, large payloads as they are", async () => {
    const writes: Buffer[][] = [];
    const socket = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer, _encoding, done) => {
        writes.push([chunk]);
        done();
      },
      writev: (chunks, done) => {
        writes.push(chunks.map(({ chunk }) => chunk));
        done();
      },
    });
    const connection = attach(socket);
    closers.push(() => connection.destroy());
    expect(writes.length).toBe(1);
    for (let i = 0; i < 50; i++) connection.request({}, requestFields).write(Buffer.from("small"), true);
    const large = Buffer.alloc(10_000, "large");
    connection.request({}, requestFields).write(large, true);
    await eventually(() => writes.flat().some(({ buffer }) => buffer === large.buffer));
    // Eight requests leave at once, or a quarter of those under way, so that the peer need not wait for all of them.
    const frames = writes.slice(1).map((pieces) => parseFrames(Buffer.concat(pieces)).length);
    expect(frames).toEqual([16, 16, 16, 16, 20, 18]);
    const last = writes.at(-1) ?? [];
    expect(last.some(({ buffer, byteOffset }) => buffer === large.buffer && byteOffset === large.byteOffset)).toBe(
      true,
    );
  });

  it("carries the reason of the end to a peer that is still sending", async () => {
    const { port } = await plain();
    const socket = net.connect(port, "127.0.0.1");
    closers.push(() => socket.destroy());
    const parts: Buffer[] = [];
    socket.on("data", (part) => parts.push(part));
    socket.write(Buffer.concat([preface, frameBytes(4, 0, 0), frameBytes(0, 0, 0)]));
    socket.write(Buffer.alloc(1_000_000));
    await once(socket, "end");
    const goaway = parseFrames(Buffer.concat(parts)).find(({ type }) => type === 7);
    expect(goaway?.payload.readUInt32BE(4)).toBe(ErrorCode.PROTOCOL_ERROR);
    expect(goaway?.payload.toString("latin1", 8)).toMatch(/names no stream/);
  });

  it("that breaks ends every call", async () => {
    const { port, sockets } = await plain({ onStream: () => undefined });
    const connection = client(port);
    const done = call(connection, "x");
    await eventually(() => sockets.length === 1);
    sockets[0]?.destroy();
    const { stream, code } = await done;
    expect(stream.endedBy).toBe("connection");
    expect(code).toBe(ErrorCode.CANCEL);
    expect(connection.error).toBeDefined();
  });

  it("is closed on both sides after a drain, and no timer is left", async () => {
    const clock = handClock();
    const { port, sockets, connections } = await plain({ clock });
    const connection = client(port);
    await call(connection, "x");
    connections[0]?.drain();
    await eventually(() => connection.closed && sockets[0]?.destroyed === true);
    expect(connection.error).toBe(undefined);
    await eventually(() => clock.waiting === 0);
  });

  it("ends with INTERNAL_ERROR when a handler throws, and the error is not swallowed", async () => {
    const peer = rawPeer("client");
    const socket = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
    const connection = accept(socket, {
      onStream: () => {
        throw new Error("a bug");
      },
    });
    const request = Buffer.concat([preface, frameBytes(4, 0, 0), frameBytes(1, 5, 1, peer.block(requestFields))]);
    expect(() => socket.emit("data", request)).toThrow("a bug");
    expect(connection.error?.code).toBe(ErrorCode.INTERNAL_ERROR);
  });
});

describe("a server ends a connection", () => {
  it("whose preface is never finished", async () => {
    const clock = handClock();
    const { port, connections } = await plain({ clock });
    const socket = net.connect(port, "127.0.0.1");
    closers.push(() => socket.destroy());
    socket.write(preface.subarray(0, 12));
    await eventually(() => connections.length === 1);
    clock.advance(9000);
    expect(connections[0]?.closed).toBe(false);
    clock.advance(4000);
    expect(connections[0]?.error?.message).toMatch(/not finished/);
    socket.resume();
    await once(socket, "close");
  });

  it("whose header block comes drop by drop", async () => {
    const clock = handClock();
    const { port, sockets, connections } = await plain({ clock });
    const socket = net.connect(port, "127.0.0.1");
    closers.push(() => socket.destroy());
    socket.write(Buffer.concat([preface, frameBytes(4, 0, 0), frameBytes(1, 1, 1, Buffer.from([0x82]))]));
    await eventually(() => (sockets[0]?.bytesRead ?? 0) > 40);
    clock.advance(14_000);
    expect(connections[0]?.error?.message).toMatch(/not finished/);
  });

  it("that opens streams, falls silent and does not answer to PING", async () => {
    const clock = handClock();
    const { port, sockets, connections } = await plain({ clock });
    const peer = rawPeer("client");
    const socket = net.connect(port, "127.0.0.1");
    closers.push(() => socket.destroy());
    const open = [1, 3, 5].map((id) => frameBytes(1, 4, id, peer.block(requestFields)));
    const bytes = Buffer.concat([preface, frameBytes(4, 0, 0), ...open]);
    socket.write(bytes);
    await eventually(() => sockets[0]?.bytesRead === bytes.length && connections[0]?.open === 3);
    clock.advance(64_000);
    expect(connections[0]?.closed).toBe(false);
    clock.advance(24_000);
    expect(connections[0]?.error?.message).toMatch(/not answered/);
    expect(connections[0]?.open).toBe(0);
  });

  it("not while the peer answers to PING", async () => {
    const clock = handClock();
    const { port, connections } = await plain({ clock });
    const connection = client(port);
    await call(connection, "x");
    for (let i = 0; i < 20; i++) {
      clock.advance(20_000);
      const before = connections[0]?.roundTripMs;
      // A round trip of our own: whatever was asked before it has been answered after it.
      await new Promise<void>((resolve) => connection.ping(resolve));
      expect(before).toBeDefined();
    }
    expect(connections[0]?.closed).toBe(false);
  });

  it("that asks and never reads, having stopped reading itself meanwhile", async () => {
    const clock = handClock();
    // A socket whose other side reads nothing: a write is never done.
    const socket = new Duplex({ read: () => undefined, write: () => undefined });
    const reply = Buffer.alloc(1000, "reply");
    const connection = accept(socket, {
      clock,
      limits: { maxPendingBytes: 50_000, maxConcurrentStreams: 1000 },
      onStream: (stream) => {
        // Different for each stream, or it would take no more than a byte.
        stream.respond([":status", "200", "x-long", String(stream.id).padEnd(1000, "x")]);
        stream.write(reply, true);
      },
    });
    const peer = rawPeer("client");
    socket.push(Buffer.concat([preface, frameBytes(4, 0, 0)]));
    for (let id = 1; id < 400; id += 2) socket.push(frameBytes(1, 5, id, peer.block(requestFields)));
    await eventually(() => socket.isPaused() && socket.writableNeedDrain);
    expect(connection.closed).toBe(false);
    clock.advance(45_000);
    expect(connection.error?.message).toMatch(/read nothing/);
    clock.advance(1000);
    expect(socket.destroyed).toBe(true);
  });
});

describe("a client that waits for a peer which has gone silent", () => {
  /** A server that answers SETTINGS, and PING when it is told to, and never a request. */
  async function mute(answersPing: boolean) {
    const clock = handClock();
    const { port, sockets } = await plain({ onStream: () => undefined });
    const connection = client(port, { clock });
    await new Promise<void>((resolve) => connection.ping(resolve));
    const done = call(connection, "x");
    await eventually(() => connection.open === 1);
    await new Promise<void>((resolve) => connection.ping(resolve)); // the request has arrived
    const [socket] = sockets as [net.Socket];
    if (!answersPing) socket.pause();
    return { clock, connection, done, socket };
  }

  it("gives it up when it does not even answer a question", async () => {
    const { clock, connection, done } = await mute(false);
    clock.advance(2_000);
    expect(connection.closed).toBe(false);
    clock.advance(3_000);
    expect(connection.closed).toBe(true);
    expect(connection.error?.message).toMatch(/no sign of life for 2000 ms/);
    expect((await done).stream).toMatchObject({ endedBy: "connection", unprocessed: false });
  });

  it("waits on for one that answers questions, and asks it twice at most", async () => {
    const { clock, connection, done, socket } = await mute(true);
    let pings = 0;
    socket.on("data", (chunk: Buffer) => {
      for (const frame of parseFrames(chunk)) if (frame.type === 6) pings++;
    });
    const own = 10;
    for (let turn = 0; turn < own; turn++) {
      clock.advance(1_500);
      await new Promise<void>((resolve) => connection.ping(resolve)); // comes back after the answer to any before it
    }
    expect(connection.closed).toBe(false);
    expect(pings - own).toBe(2);
    connection.destroy();
    await done;
  });

  it("asks nothing of a server that drains", async () => {
    const clock = handClock();
    const held: Stream[] = [];
    const { port, connections, sockets } = await plain({ onStream: (stream) => void held.push(stream) });
    const connection = client(port, { clock });
    const done = call(connection, "x");
    await eventually(() => held.length === 1);
    connections[0]?.drain();
    await eventually(() => !connection.accepting);
    sockets[0]?.pause();
    clock.advance(60_000);
    expect(connection.closed).toBe(false);
    sockets[0]?.resume();
    held[0]?.respond([":status", "200"], [], true);
    expect(await done).toMatchObject({ code: ErrorCode.NO_ERROR });
  });
});
