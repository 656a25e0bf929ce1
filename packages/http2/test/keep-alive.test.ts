import * as net from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { ErrorCode } from "../src/errors.ts";
import type { Stream } from "../src/stream.ts";
import { eventually } from "./eventually.ts";
import { handClock } from "./hand-clock.ts";
import { call, client, closeAll, listen, plain } from "./over-sockets.ts";

afterEach(closeAll);

describe("a server lets a connection go", () => {
  it("that had no stream for long, and no other", async () => {
    const clock = handClock();
    const { port, connections } = await plain({ clock, maxIdleMs: 10_000 });
    const connection = client(port);
    for (let i = 0; i < 4; i++) {
      await call(connection, "x");
      clock.advance(8_000); // short calls between two looks count as well
      expect(connections[0]?.accepting).toBe(true);
    }
    clock.advance(8_000);
    expect(connections[0]?.accepting).toBe(false);
    await eventually(() => connection.closed);
    expect(connection.error).toBeUndefined();
  });

  it("that is old, and lets its streams end", async () => {
    const clock = handClock();
    const held: Stream[] = [];
    const { port, connections } = await plain({
      clock,
      maxAgeMs: 10_000,
      onStream: (stream) => void held.push(stream),
    });
    const connection = client(port);
    const done = call(connection, "x");
    await eventually(() => held.length === 1);
    clock.advance(8_000);
    expect(connections[0]?.accepting).toBe(true);
    clock.advance(8_000);
    expect(connections[0]?.accepting).toBe(false);
    await eventually(() => !connection.accepting);
    clock.advance(40_000);
    held[0]?.respond([":status", "200"], [], true);
    expect(await done).toMatchObject({ code: ErrorCode.NO_ERROR });
    await eventually(() => connection.closed);
    expect(connection.error).toBeUndefined();
  });

  it("that is old, and cuts off what has not ended within the grace", async () => {
    const clock = handClock();
    const held: Stream[] = [];
    const { port, connections } = await plain({
      ...{ clock, maxAgeMs: 10_000, maxAgeGraceMs: 5_000 },
      onStream: (stream) => void held.push(stream),
    });
    const connection = client(port);
    const done = call(connection, "x");
    await eventually(() => held.length === 1);
    clock.advance(14_000);
    expect(connections[0]?.closed).toBe(false);
    clock.advance(10_000);
    expect(connections[0]?.error?.message).toMatch(/older than 10000 ms/);
    expect((await done).stream.endedBy).toBe("connection");
  });
});

describe("a client that asks for signs of life", () => {
  it("does so while a stream is open, and goes on after the server has drained", async () => {
    const [clock, serverClock] = [handClock(), handClock()];
    const held: Stream[] = [];
    const { port, connections } = await plain({ clock: serverClock, onStream: (stream) => void held.push(stream) });
    const connection = client(port, { clock, keepAliveMs: 1_000, keepAliveWithoutStreams: false });
    await new Promise<void>((resolve) => connection.ping(resolve));
    const done = call(connection, "x");
    await eventually(() => held.length === 1);
    connections[0]?.drain();
    await eventually(() => !connection.accepting);
    // Each of these ends the call where PINGs after GOAWAY are a mistake: grpc-node#3068.
    for (let asked = 0; asked < 5; asked++) {
      clock.advance(2_000);
      await new Promise<void>((resolve) => connection.ping(resolve));
    }
    expect(connection.closed).toBe(false);
    held[0]?.respond([":status", "200"], [], true);
    expect(await done).toMatchObject({ code: ErrorCode.NO_ERROR });
  });

  it("asks nothing while no stream is open, unless told to", async () => {
    for (const keepAliveWithoutStreams of [true, false]) {
      const clock = handClock();
      const { port, sockets } = await listen(net.createServer(), () => undefined);
      const received: Buffer[] = [];
      const connection = client(port, { clock, keepAliveMs: 1_000, keepAliveWithoutStreams });
      await eventually(() => sockets.length === 1);
      sockets[0]?.on("data", (chunk) => received.push(chunk));
      await eventually(() => clock.waiting > 0 && Buffer.concat(received).length > 24);
      clock.advance(5_000);
      await new Promise((resolve) => setImmediate(resolve));
      expect(connection.closed).toBe(false);
      clock.advance(30_000);
      expect(connection.closed).toBe(keepAliveWithoutStreams); // nobody answers there
    }
  });
});

describe("a server that minds being asked", () => {
  it.each([
    ["too often", { minPingMs: 60_000 }],
    ["without a call", { pingsWithoutStreams: false }],
  ])("%s ends the connection with too_many_pings", async (_how, options) => {
    const { port } = await plain(options);
    const told: [number, string][] = [];
    const connection = client(port, { onGoaway: (code, _last, debug) => told.push([code, debug]) });
    for (let asked = 0; asked < 5; asked++) connection.ping();
    await eventually(() => connection.closed);
    expect(told).toEqual([[ErrorCode.ENHANCE_YOUR_CALM, "too_many_pings"]]);
  });

  it("forgives what comes with its answers", async () => {
    const { port } = await plain({ minPingMs: 60_000, pingsWithoutStreams: false });
    const connection = client(port);
    for (let round = 0; round < 10; round++) {
      await call(connection, "x");
      connection.ping();
      await new Promise<void>((resolve) => connection.ping(resolve));
    }
    expect(connection.closed).toBe(false);
  });
});
