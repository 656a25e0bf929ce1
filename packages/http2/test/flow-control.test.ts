import { describe, expect, it } from "vitest";
import { preface } from "../src/frames/frame.ts";
import type { Stream } from "../src/stream.ts";
import { echo, requestsOf } from "./servers.ts";
import { frameBytes, pair, rawPeer, recorder, requestFields, uint32 } from "./wire.ts";

describe("flow control", () => {
  it.each([1, 7, 100, 65_535])("carries a body through windows of %i bytes both ways", (streamWindowBytes) => {
    const limits = {
      streamWindowBytes,
      maxStreamWindowBytes: streamWindowBytes,
      tinyFrames: { burst: 1e9, perSecond: 0 },
    };
    const { client, server, settle } = pair({ limits }, { ...echo, limits });
    settle();
    const body = Buffer.alloc(500, "abcdefghij");
    const response = recorder();
    client.request(response, requestFields).write(body, true);
    settle();
    expect(response.body.equals(body)).toBe(true);
    expect([client.closed, server.closed]).toEqual([false, false]);
  });

  it("holds a sender back until the consumer has dealt with the data", () => {
    const held: [Stream, number][] = [];
    const limits = { streamWindowBytes: 100_000, maxStreamWindowBytes: 100_000 };
    const { client, settle } = pair(
      {},
      {
        limits,
        ...requestsOf(() => ({ onData: (stream, _chunk, start, end) => void held.push([stream, end - start]) })),
      },
    );
    settle();
    const writer = recorder();
    const stream = client.request(writer, requestFields);
    expect(stream.write(Buffer.alloc(250_000), true)).toBe(false);
    settle();
    const arrived = (): number => held.reduce((sum, [, bytes]) => sum + bytes, 0);
    expect(arrived()).toBe(100_000);
    expect(writer.writable).toBe(0);
    for (let i = 0; i < held.length; i++) {
      held[i]?.[0].consumed(held[i]?.[1] ?? 0);
      settle();
    }
    expect(arrived()).toBe(250_000);
    expect(writer.writable).toBe(1);
  });

  it("lets other streams go on while one is not consumed", () => {
    const { client, settle } = pair(
      {},
      {
        limits: { streamWindowBytes: 100_000 },
        onStream(stream, headers) {
          if (headers.get(":path") === "/deaf") stream.handler = { onData: () => undefined };
          else echo.onStream?.(stream, headers);
        },
      },
    );
    settle();
    client.request({}, [":method", "POST", ":scheme", "http", ":path", "/deaf"]).write(Buffer.alloc(300_000));
    const response = recorder();
    client.request(response, requestFields).write(Buffer.alloc(50_000), true);
    settle();
    expect(response.body.length).toBe(50_000);
  });

  it("gives the connection its window back when a stream ends with data unconsumed", () => {
    const { client, settle } = pair(
      {},
      {
        limits: { connectionWindowBytes: 100_000, maxConnectionWindowBytes: 100_000 },
        ...requestsOf((stream) => ({
          onData: () => undefined,
          onEnd: () => stream.respond([":status", "200"], [], true),
        })),
      },
    );
    for (let i = 0; i < 20; i++) {
      const response = recorder();
      client.request(response, requestFields).write(Buffer.alloc(60_000), true);
      settle();
      expect(response.code).toBe(0);
    }
  });

  it("shares the connection among streams in turn", () => {
    const peer = rawPeer("client");
    const streams = [1, 2, 3].map(() => peer.engine.request({}, requestFields));
    for (const stream of streams) stream.write(Buffer.alloc(60_000), true);
    peer.frames();
    peer.send(frameBytes(8, 0, 0, uint32(1_000_000)));
    const order = peer.frames().map(({ streamId }) => streamId);
    expect(order.indexOf(5)).toBeLessThan(order.lastIndexOf(3));
    expect(new Set(order)).toEqual(new Set([3, 5]));
  });

  it("keeps small writes within the window of the connection", () => {
    const peer = rawPeer("client");
    const streams = [1, 2].map(() => peer.engine.request({}, requestFields));
    for (let i = 0; i < 500; i++) for (const stream of streams) stream.write(Buffer.alloc(100));
    const sent = peer.frames().filter(({ type }) => type === 0);
    expect(sent.reduce((sum, { payload }) => sum + payload.length, 0)).toBe(65_535);
  });

  it("does not mind that the caller reuses small buffers, though they were queued", () => {
    const peer = rawPeer("client", {}, { settings: [[4, 0]] });
    const stream = peer.engine.request({}, requestFields);
    const scratch = Buffer.from("first");
    expect(stream.write(scratch)).toBe(false);
    scratch.write("later");
    peer.frames();
    peer.send(frameBytes(8, 0, 1, uint32(100)));
    expect(peer.frames().map(({ payload }) => payload.toString())).toEqual(["first"]);
  });

  it("carries very many small writes", () => {
    const { client, settle } = pair({}, echo);
    settle();
    const response = recorder();
    const stream = client.request(response, requestFields);
    const parts = Array.from({ length: 2000 }, (_, i) => Buffer.alloc(100, `${i}.`));
    for (const part of parts) stream.write(part);
    stream.write(Buffer.alloc(0), true);
    settle();
    expect(response.body.equals(Buffer.concat(parts))).toBe(true);
  });

  it("gets the window of the connection back for data on streams that were reset", () => {
    const limits = { connectionWindowBytes: 65_535, maxConnectionWindowBytes: 65_535 };
    const peer = rawPeer("server", { limits, onStream: (stream) => stream.reset() });
    peer.send(frameBytes(1, 4, 1, peer.block(requestFields)));
    for (let i = 0; i < 40; i++) peer.send(frameBytes(0, 0, 1, Buffer.alloc(10_000)));
    expect(peer.engine.closed).toBe(false);
    const updates = peer.frames().filter(({ type, streamId }) => type === 8 && streamId === 0);
    expect(updates.length).toBe(10);
  });

  it("obeys a window that shrinks below zero", () => {
    const peer = rawPeer("client");
    const stream = peer.engine.request({}, requestFields);
    stream.write(Buffer.alloc(60_000));
    peer.frames();
    const initialWindow = (bytes: number): Buffer =>
      frameBytes(4, 0, 0, Buffer.concat([Buffer.from([0, 4]), uint32(bytes)]));
    peer.send(initialWindow(10));
    stream.write(Buffer.from("0123456789"), true);
    expect(peer.frames().filter(({ type }) => type === 0)).toEqual([]);
    peer.send(frameBytes(8, 0, 1, uint32(59_990)));
    expect(peer.frames().filter(({ type }) => type === 0)).toEqual([]);
    peer.send(frameBytes(8, 0, 1, uint32(4)));
    expect(peer.frames().map(({ payload }) => payload.toString())).toEqual(["0123"]);
    peer.send(initialWindow(16));
    expect(peer.frames().at(-1)).toMatchObject({ type: 0, flags: 1, payload: Buffer.from("456789") });
  });

  it("grows the window of a stream that uses it up within two round trips", () => {
    const limits = { streamWindowBytes: 40_000, maxStreamWindowBytes: 100_000 };
    const peer = rawPeer("server", { limits, ...requestsOf(() => recorder()) }, { silent: true });
    peer.time.nowMs = 20; // a round trip: the SETTINGS of the engine were sent at 0
    peer.send(preface, frameBytes(4, 0, 0), frameBytes(4, 1, 0), frameBytes(1, 4, 1, peer.block(requestFields)));
    const announced = (atMs: number): number[] => {
      peer.time.nowMs = atMs;
      peer.send(frameBytes(0, 0, 1, Buffer.alloc(10_000)), frameBytes(0, 0, 1, Buffer.alloc(10_000)));
      return peer
        .frames()
        .filter(({ type, streamId }) => type === 8 && streamId === 1)
        .map(({ payload }) => payload.readUInt32BE());
    };
    expect(announced(100)).toEqual([20_000]);
    expect(announced(130)).toEqual([20_000 + 40_000]);
    expect(announced(150)).toEqual([]);
    expect(announced(160)).toEqual([40_000 + 20_000]);
  });

  it("does not count padding as data, and gives it back", () => {
    const received = recorder(false);
    const peer = rawPeer(
      "server",
      requestsOf(() => received),
    );
    peer.send(frameBytes(1, 4, 1, peer.block(requestFields)));
    for (let i = 0; i < 6000; i++)
      peer.send(frameBytes(0, 8, 1, Buffer.concat([Buffer.from([255]), Buffer.alloc(255)])));
    expect(received.body.length).toBe(0);
    const updates = peer.frames().filter(({ type, streamId }) => type === 8 && streamId === 1);
    expect(updates.length).toBeGreaterThan(0);
    peer.send(frameBytes(0, 9, 1, Buffer.from([2, 65, 66, 0, 0])));
    expect(received.body.toString()).toBe("AB");
    expect(received.ended).toBe(true);
  });
});
