import { describe, expect, it } from "vitest";
import type { ConnectionOptions } from "../src/connection.ts";
import { ErrorCode } from "../src/errors.ts";
import { defaultLimits } from "../src/limits.ts";
import { frameBytes, type RawPeer, rawPeer, requestFields, uint32 } from "./wire.ts";

const CALM = ErrorCode.ENHANCE_YOUR_CALM;
const silent: ConnectionOptions = { onStream: () => undefined };

/** Repeats frames, letting the engine send in between, and gives how often it took them before it ended the connection. */
function flood(peer: RawPeer, most: number, frames: (turn: number) => Uint8Array[]): number {
  for (let turn = 0; turn < most; turn++) {
    peer.send(...frames(turn));
    if (peer.engine.closed) return turn;
    if (turn % 100 === 99) peer.frames();
  }
  return most;
}

describe("a server ends a connection that floods it with", () => {
  it("requests that are reset at once", () => {
    const peer = rawPeer("server", silent);
    const taken = flood(peer, 5000, (turn) => [
      frameBytes(1, 5, 2 * turn + 1, peer.block(requestFields)),
      frameBytes(3, 0, 2 * turn + 1, uint32(8)),
    ]);
    expect(taken).toBe(defaultLimits.futileStreams.burst);
    expect(peer.goawayCode()).toBe(CALM);
  });

  it("requests that make it reset the stream", () => {
    const peer = rawPeer("server", silent);
    const taken = flood(peer, 5000, (turn) => [
      frameBytes(1, 5, 2 * turn + 1, peer.block(requestFields)),
      frameBytes(8, 0, 2 * turn + 1, uint32(0)),
    ]);
    expect(taken).toBe(defaultLimits.futileStreams.burst);
    expect(peer.goawayCode()).toBe(CALM);
  });

  it("requests beyond the announced number", () => {
    const peer = rawPeer("server", { limits: { maxConcurrentStreams: 5 }, ...silent });
    const taken = flood(peer, 5000, (turn) => [frameBytes(1, 5, 2 * turn + 1, peer.block(requestFields))]);
    expect(taken).toBe(5 + defaultLimits.futileStreams.burst);
    expect(peer.goawayCode()).toBe(CALM);
  });

  it("CONTINUATION without end", () => {
    const peer = rawPeer("server", silent);
    peer.send(frameBytes(1, 0, 1, peer.block(requestFields)));
    const taken = flood(peer, 5000, () => [frameBytes(9, 0, 1, Buffer.from([0x82]))]);
    expect(taken).toBe(defaultLimits.maxContinuations);
    expect(peer.goawayCode()).toBe(CALM);
  });

  it("a header block without measure", () => {
    const peer = rawPeer("server", silent);
    peer.send(frameBytes(1, 0, 1, Buffer.alloc(16_384, 0x82)));
    const taken = flood(peer, 5000, () => [frameBytes(9, 0, 1, Buffer.alloc(16_384, 0x82))]);
    expect(taken).toBe(3);
    expect(peer.goawayCode()).toBe(CALM);
  });

  it("PING", () => {
    const peer = rawPeer("server", silent);
    const taken = flood(peer, 20_000, () => [frameBytes(6, 0, 0, Buffer.alloc(8))]);
    expect(taken).toBe(defaultLimits.pings.burst);
    expect(peer.goawayCode()).toBe(CALM);
  });

  it("SETTINGS", () => {
    const peer = rawPeer("server", silent);
    // The one that begins the connection counts too.
    expect(flood(peer, 5000, () => [frameBytes(4, 0, 0)])).toBe(defaultLimits.settings.burst - 1);
    expect(peer.goawayCode()).toBe(CALM);
  });

  it.each<[string, (peer: RawPeer) => Uint8Array]>([
    ["empty DATA", () => frameBytes(0, 0, 1)],
    ["DATA of padding alone", () => frameBytes(0, 8, 1, Buffer.from([0]))],
    ["PRIORITY", () => frameBytes(2, 0, 3, Buffer.alloc(5))],
    ["frames of unknown types", () => frameBytes(0xbb, 0, 0)],
    ["acknowledgements of settings", () => frameBytes(4, 1, 0)],
    ["GOAWAY", () => frameBytes(7, 0, 0, Buffer.alloc(8))],
  ])("%s", (_, frame) => {
    const peer = rawPeer("server", silent);
    peer.send(frameBytes(1, 4, 1, peer.block(requestFields)));
    expect(flood(peer, 20_000, () => [frame(peer)])).toBe(defaultLimits.idleFrames.burst);
    expect(peer.goawayCode()).toBe(CALM);
  });

  it("a window that is opened byte by byte", () => {
    const peer = rawPeer(
      "server",
      {
        onStream: (stream) => {
          stream.respond([":status", "200"]);
          stream.write(Buffer.alloc(100_000), true);
        },
      },
      { settings: [[4, 0]] },
    );
    peer.send(frameBytes(1, 5, 1, peer.block(requestFields)));
    expect(flood(peer, 20_000, () => [frameBytes(8, 0, 1, uint32(1))])).toBe(defaultLimits.tinyFrames.burst);
    expect(peer.goawayCode()).toBe(CALM);
  });

  it("questions whose answers it does not read", () => {
    const peer = rawPeer("server", silent);
    // Nobody fetches what the server sends.
    let taken = 0;
    for (; !peer.engine.closed && taken < 20_000; taken++) peer.send(frameBytes(6, 0, 0, Buffer.alloc(8)));
    expect(taken).toBe(defaultLimits.maxPendingReplies + 1);
    expect(peer.engine.pendingBytes).toBeLessThan(100_000);
  });
});

describe("a server keeps serving", () => {
  it("a client that resets and pings at a bearable rate", () => {
    const peer = rawPeer("server", silent);
    const taken = flood(peer, 5000, (turn) => {
      peer.time.nowMs += 10;
      const id = 2 * turn + 1;
      return [
        frameBytes(1, 5, id, peer.block(requestFields)),
        frameBytes(3, 0, id, uint32(8)),
        frameBytes(6, 0, 0, Buffer.alloc(8)),
      ];
    });
    expect(taken).toBe(5000);
    expect(peer.engine.open).toBe(0);
  });

  it("others on the connection when one header list is too large, a bomb included", () => {
    const peer = rawPeer("server", silent);
    // 4000 bytes into the table, then sixty thousand times a byte that stands for them.
    const insert = Buffer.concat([
      Buffer.from("828684400161", "hex"),
      Buffer.from("7fa11e", "hex"),
      Buffer.alloc(4000, 120),
    ]);
    peer.send(frameBytes(1, 4, 1, insert));
    expect(peer.engine.open).toBe(1);
    const bomb = Buffer.alloc(15_000, 0xbe);
    bomb.set([0x82, 0x86, 0x84]);
    peer.send(
      frameBytes(1, 0, 3, bomb),
      frameBytes(9, 0, 3, Buffer.alloc(15_000, 0xbe)),
      frameBytes(9, 4, 3, Buffer.alloc(15_000, 0xbe)),
    );
    const reset = peer.frames().find(({ type }) => type === 3);
    expect([reset?.streamId, reset?.payload.readUInt32BE()]).toEqual([3, CALM]);
    expect(peer.engine).toMatchObject({ closed: false, open: 1 });
  });

  it("the announced number of silent streams, and refuses the next as unprocessed", () => {
    const peer = rawPeer("server", { limits: { maxConcurrentStreams: 3 }, ...silent });
    for (const id of [1, 3, 5, 7]) peer.send(frameBytes(1, 4, id, peer.block(requestFields)));
    expect(peer.engine.open).toBe(3);
    const reset = peer.frames().filter(({ type }) => type === 3);
    expect(reset.map(({ streamId, payload }) => [streamId, payload.readUInt32BE()])).toEqual([
      [7, ErrorCode.REFUSED_STREAM],
    ]);
  });
});
