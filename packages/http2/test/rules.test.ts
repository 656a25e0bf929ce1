import { describe, expect, it } from "vitest";
import type { ConnectionOptions } from "../src/connection.ts";
import { ErrorCode } from "../src/errors.ts";
import { preface } from "../src/frames/frame.ts";
import type { Fields } from "../src/header-list.ts";
import { frameBytes, type RawPeer, rawPeer, recorder, requestFields, uint32 } from "./wire.ts";

const { PROTOCOL_ERROR, FLOW_CONTROL_ERROR, STREAM_CLOSED, FRAME_SIZE_ERROR, COMPRESSION_ERROR } = ErrorCode;
const [DATA, HEADERS, PRIORITY, RST, SETTINGS, PUSH, PING, GOAWAY, WINDOW, CONTINUATION] = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
];
const [END_STREAM, END_HEADERS] = [1, 4];

const setting = (id: number, value: number): Buffer =>
  frameBytes(SETTINGS, 0, 0, Buffer.concat([Buffer.from([0, id]), uint32(value)]));

/** A server that answers nothing. */
const silent: ConnectionOptions = { onStream: () => undefined };

/** A server that consumes nothing. */
const hoarder: ConnectionOptions = {
  onStream: (stream) => {
    stream.handler = { onData: () => undefined };
  },
};

function open(peer: RawPeer, id: number, flags = END_HEADERS, fields: Fields = requestFields): Buffer {
  return frameBytes(HEADERS, flags, id, peer.block(fields));
}

describe("a server ends the connection", () => {
  it.each<[string, number, (peer: RawPeer) => Uint8Array[]]>([
    ["for a frame above the limit", FRAME_SIZE_ERROR, () => [frameBytes(DATA, 0, 1, Buffer.alloc(16_385))]],
    ["for DATA on stream 0", PROTOCOL_ERROR, () => [frameBytes(DATA, 0, 0)]],
    ["for HEADERS on stream 0", PROTOCOL_ERROR, () => [frameBytes(HEADERS, 4, 0)]],
    ["for SETTINGS on a stream", PROTOCOL_ERROR, () => [frameBytes(SETTINGS, 0, 1)]],
    ["for PING on a stream", PROTOCOL_ERROR, () => [frameBytes(PING, 0, 1, Buffer.alloc(8))]],
    ["for GOAWAY on a stream", PROTOCOL_ERROR, () => [frameBytes(GOAWAY, 0, 1, Buffer.alloc(8))]],
    ["for PING of another length", FRAME_SIZE_ERROR, () => [frameBytes(PING, 0, 0, Buffer.alloc(7))]],
    ["for SETTINGS of an odd length", FRAME_SIZE_ERROR, () => [frameBytes(SETTINGS, 0, 0, Buffer.alloc(5))]],
    ["for an acknowledgement with settings", FRAME_SIZE_ERROR, () => [frameBytes(SETTINGS, 1, 0, Buffer.alloc(6))]],
    ["for a short GOAWAY", FRAME_SIZE_ERROR, () => [frameBytes(GOAWAY, 0, 0, Buffer.alloc(7))]],
    ["for RST_STREAM of another length", FRAME_SIZE_ERROR, (p) => [open(p, 1), frameBytes(RST, 0, 1, Buffer.alloc(5))]],
    ["for WINDOW_UPDATE of another length", FRAME_SIZE_ERROR, () => [frameBytes(WINDOW, 0, 0, Buffer.alloc(3))]],
    ["for PUSH_PROMISE", PROTOCOL_ERROR, () => [frameBytes(PUSH, 4, 1, Buffer.alloc(4))]],
    ["for CONTINUATION without HEADERS", PROTOCOL_ERROR, () => [frameBytes(CONTINUATION, 4, 1)]],
    [
      "for a frame within a header block",
      PROTOCOL_ERROR,
      (p) => [open(p, 1, 0), frameBytes(PING, 0, 0, Buffer.alloc(8))],
    ],
    ["for CONTINUATION of another stream", PROTOCOL_ERROR, (p) => [open(p, 1, 0), frameBytes(CONTINUATION, 4, 3)]],
    ["for an even stream", PROTOCOL_ERROR, (p) => [open(p, 2)]],
    ["for DATA on a stream never opened", PROTOCOL_ERROR, () => [frameBytes(DATA, 0, 1, Buffer.alloc(1))]],
    ["for RST_STREAM on a stream never opened", PROTOCOL_ERROR, () => [frameBytes(RST, 0, 1, uint32(8))]],
    ["for WINDOW_UPDATE on a stream never opened", PROTOCOL_ERROR, () => [frameBytes(WINDOW, 0, 1, uint32(8))]],
    [
      "for a stream below one that was opened",
      STREAM_CLOSED,
      (p) => [open(p, 5, END_HEADERS), open(p, 3, END_HEADERS)],
    ],
    [
      "for HEADERS after the peer reset the stream",
      STREAM_CLOSED,
      (p) => [open(p, 1), frameBytes(RST, 0, 1, uint32(8)), open(p, 1)],
    ],
    [
      "for DATA after the peer reset the stream",
      STREAM_CLOSED,
      (p) => [open(p, 1), frameBytes(RST, 0, 1, uint32(8)), frameBytes(DATA, 0, 1, Buffer.alloc(1))],
    ],
    ["for a header block that is none", COMPRESSION_ERROR, () => [frameBytes(HEADERS, 5, 1, Buffer.from([0x80]))]],
    ["for more padding than payload", PROTOCOL_ERROR, (p) => [open(p, 1), frameBytes(DATA, 8, 1, Buffer.from([2, 0]))]],
    ["for padding without length", FRAME_SIZE_ERROR, (p) => [open(p, 1), frameBytes(DATA, 8, 1)]],
    [
      "for HEADERS with more padding than payload",
      PROTOCOL_ERROR,
      () => [frameBytes(HEADERS, 12, 1, Buffer.from([9, 0]))],
    ],
    [
      "for HEADERS too short for their priority",
      FRAME_SIZE_ERROR,
      () => [frameBytes(HEADERS, 0x24, 1, Buffer.alloc(4))],
    ],
    ["for ENABLE_PUSH of 2", PROTOCOL_ERROR, () => [setting(2, 2)]],
    ["for an initial window above 2^31-1", FLOW_CONTROL_ERROR, () => [setting(4, 0x8000_0000)]],
    ["for a frame size below 16384", PROTOCOL_ERROR, () => [setting(5, 16_383)]],
    ["for a frame size above 2^24-1", PROTOCOL_ERROR, () => [setting(5, 0x100_0000)]],
    [
      "for a window of the connection above 2^31-1",
      FLOW_CONTROL_ERROR,
      () => [frameBytes(WINDOW, 0, 0, uint32(0x7fff_ffff))],
    ],
    ["for a window opened by nothing", PROTOCOL_ERROR, () => [frameBytes(WINDOW, 0, 0, uint32(0))]],
    [
      "for settings that push the window of a stream above 2^31-1",
      FLOW_CONTROL_ERROR,
      (p) => [open(p, 1), frameBytes(WINDOW, 0, 1, uint32(0x7fff_0000 - 0x1_0000)), setting(4, 0x7fff_ffff)],
    ],
  ])("%s", (_, code, frames) => {
    const peer = rawPeer("server", silent);
    peer.send(...frames(peer));
    expect(peer.engine.closed).toBe(true);
    expect(peer.goawayCode()).toBe(code);
    peer.send(frameBytes(PING, 0, 0, Buffer.alloc(8)));
    expect(peer.frames()).toEqual([]);
  });

  it("for more data than the window of the connection", () => {
    const limits = { connectionWindowBytes: 65_535, streamWindowBytes: 1_000_000 };
    const peer = rawPeer("server", {
      limits,
      ...hoarder,
    });
    peer.send(open(peer, 1));
    for (let i = 0; i < 4; i++) peer.send(frameBytes(DATA, 0, 1, Buffer.alloc(16_384)));
    expect(peer.goawayCode()).toBe(FLOW_CONTROL_ERROR);
  });

  it("for another first frame than SETTINGS", () => {
    const peer = rawPeer("server", silent, { silent: true });
    peer.send(preface, frameBytes(PING, 0, 0, Buffer.alloc(8)));
    expect(peer.goawayCode()).toBe(PROTOCOL_ERROR);
  });

  it("for something else than the preface, at the first wrong byte", () => {
    const peer = rawPeer("server", silent, { silent: true });
    peer.send(preface.subarray(0, 10));
    expect(peer.engine.closed).toBe(false);
    peer.send(Buffer.from("x"));
    expect(peer.engine.closed).toBe(true);
  });
});

describe("a server resets the stream and goes on", () => {
  it.each<[string, number, (peer: RawPeer) => Uint8Array[]]>([
    ["for a malformed request", PROTOCOL_ERROR, (p) => [open(p, 1, 5, [":method", "GET"])]],
    [
      "for upper case in a name",
      PROTOCOL_ERROR,
      () => [frameBytes(HEADERS, 5, 1, Buffer.from("828684000141" + "0161", "hex"))],
    ],
    [
      "for a stream that depends on itself",
      PROTOCOL_ERROR,
      (p) => [frameBytes(HEADERS, 0x25, 1, Buffer.concat([uint32(1), Buffer.from([0]), p.block(requestFields)]))],
    ],
    [
      "for priority of a stream that depends on itself",
      PROTOCOL_ERROR,
      (p) => [open(p, 1), frameBytes(PRIORITY, 0, 1, Buffer.concat([uint32(1), Buffer.from([0])]))],
    ],
    ["for DATA after the end", STREAM_CLOSED, (p) => [open(p, 1, 5), frameBytes(DATA, 0, 1, Buffer.alloc(1))]],
    ["for HEADERS after the end", STREAM_CLOSED, (p) => [open(p, 1, 5), open(p, 1, 5)]],
    [
      "for a second HEADERS that ends nothing",
      PROTOCOL_ERROR,
      (p) => [open(p, 1), open(p, 1, END_HEADERS, ["a", "b"])],
    ],
    ["for trailers with a pseudo-header", PROTOCOL_ERROR, (p) => [open(p, 1), open(p, 1, 5, [":path", "/"])]],
    ["for a window opened by nothing", PROTOCOL_ERROR, (p) => [open(p, 1), frameBytes(WINDOW, 0, 1, uint32(0))]],
    [
      "for a window above 2^31-1",
      FLOW_CONTROL_ERROR,
      (p) => [open(p, 1), frameBytes(WINDOW, 0, 1, uint32(0x7fff_ffff))],
    ],
    [
      "for a body longer than declared",
      PROTOCOL_ERROR,
      (p) => [open(p, 1, 4, [...requestFields, "content-length", "1"]), frameBytes(DATA, 0, 1, Buffer.alloc(2))],
    ],
    [
      "for a body shorter than declared",
      PROTOCOL_ERROR,
      (p) => [
        open(p, 1, 4, [...requestFields, "content-length", "3"]),
        frameBytes(DATA, END_STREAM, 1, Buffer.alloc(2)),
      ],
    ],
    [
      "for no body where one is declared",
      PROTOCOL_ERROR,
      (p) => [open(p, 1, 5, [...requestFields, "content-length", "3"])],
    ],
    [
      "for trailers in place of the declared body",
      PROTOCOL_ERROR,
      (p) => [open(p, 1, 4, [...requestFields, "content-length", "3"]), open(p, 1, 5, ["a", "b"])],
    ],
    [
      "for connection-specific headers",
      PROTOCOL_ERROR,
      (p) => [open(p, 1, 5, [...requestFields, "connection", "close"])],
    ],
  ])("%s", (_, code, frames) => {
    const peer = rawPeer("server", silent);
    peer.send(...frames(peer));
    const reset = peer.frames().filter(({ type }) => type === RST);
    expect(reset.map(({ streamId, payload }) => [streamId, payload.readUInt32BE()])).toEqual([[1, code]]);
    expect(peer.engine).toMatchObject({ closed: false, open: 0 });
    peer.send(open(peer, 3));
    expect(peer.engine.open).toBe(1);
  });

  it("for more data than the window of the stream", () => {
    const limits = { streamWindowBytes: 70_000 };
    const peer = rawPeer("server", {
      limits,
      ...hoarder,
    });
    peer.send(open(peer, 1));
    for (let i = 0; i < 5; i++) peer.send(frameBytes(DATA, 0, 1, Buffer.alloc(16_384)));
    const reset = peer.frames().find(({ type }) => type === RST);
    expect(reset?.payload.readUInt32BE()).toBe(FLOW_CONTROL_ERROR);
    expect(peer.engine.closed).toBe(false);
  });
});

describe("a server takes no offence", () => {
  it.each<[string, (peer: RawPeer) => Uint8Array[]]>([
    ["at frames of unknown types", () => [frameBytes(0xbe, 0xff, 77, Buffer.alloc(100))]],
    ["at unknown settings", () => [setting(99, 12_345)]],
    ["at priority of streams never opened", () => [frameBytes(PRIORITY, 0, 9, Buffer.alloc(5))]],
    [
      "at unknown flags",
      (p) => [frameBytes(PING, 0xfe, 0, Buffer.alloc(8)), frameBytes(HEADERS, 0xd4, 1, p.block(requestFields))],
    ],
    ["at RST_STREAM twice", (p) => [open(p, 1), frameBytes(RST, 0, 1, uint32(8)), frameBytes(RST, 0, 1, uint32(8))]],
    [
      "at WINDOW_UPDATE after the end",
      (p) => [open(p, 1), frameBytes(RST, 0, 1, uint32(8)), frameBytes(WINDOW, 0, 1, uint32(8))],
    ],
    ["at gaps between stream ids", (p) => [open(p, 1001)]],
    ["at an error code nobody knows", (p) => [open(p, 1), frameBytes(RST, 0, 1, uint32(0xdead))]],
    ["at GOAWAY with anything in it", () => [frameBytes(GOAWAY, 0, 0, Buffer.alloc(500, 255))]],
  ])("%s", (_, frames) => {
    const peer = rawPeer("server", silent);
    peer.send(...frames(peer));
    expect(peer.frames().filter(({ type }) => type === RST || type === GOAWAY)).toEqual([]);
    peer.send(frameBytes(PING, 0, 0, Buffer.from("12345678")));
    expect(peer.frames().at(-1)).toMatchObject({ type: PING, flags: 1, payload: Buffer.from("12345678") });
  });

  it("at late frames on a stream that it reset", () => {
    const peer = rawPeer("server", { onStream: (stream) => stream.reset() });
    peer.send(open(peer, 1), frameBytes(DATA, 0, 1, Buffer.alloc(9)), frameBytes(WINDOW, 0, 1, uint32(1)));
    peer.send(open(peer, 1, 5, ["a", "b"]), frameBytes(RST, 0, 1, uint32(8)));
    expect(peer.engine.closed).toBe(false);
  });

  it("at HTTP/1 leftovers when it is lenient", () => {
    let seen: Fields = [];
    const peer = rawPeer("server", {
      lenientHeaders: true,
      onStream: (stream, headers) => {
        seen = headers.fields;
        stream.handler = { onEnd: () => stream.respond([":status", "200"], [], true) };
      },
    });
    const leftovers = ["connection", "close", "keep-alive", "5", "upgrade", "h2c", "content-length", "999"];
    peer.send(open(peer, 1, 4, [...requestFields, ...leftovers, "a", "b"]), frameBytes(DATA, 1, 1, Buffer.alloc(5)));
    expect(seen).toEqual([...requestFields, "a", "b"]);
    expect(peer.frames().map(({ type }) => type)).toEqual([HEADERS]);
  });
});

describe("a client", () => {
  it.each<[string, number, (peer: RawPeer) => Uint8Array[]]>([
    ["trailers before headers", PROTOCOL_ERROR, (p) => [open(p, 1, 5, ["grpc-status", "0"])]],
    ["data before headers", PROTOCOL_ERROR, () => [frameBytes(DATA, 0, 1, Buffer.alloc(1))]],
    ["a response without :status", PROTOCOL_ERROR, (p) => [open(p, 1, 4, ["a", "b"])]],
    ["an interim response that ends the stream", PROTOCOL_ERROR, (p) => [open(p, 1, 5, [":status", "100"])]],
    [
      "a body longer than declared",
      PROTOCOL_ERROR,
      (p) => [open(p, 1, 4, [":status", "200", "content-length", "1"]), frameBytes(DATA, 0, 1, Buffer.alloc(2))],
    ],
  ])("resets the stream for %s", (_, code, frames) => {
    const peer = rawPeer("client");
    const response = recorder();
    peer.engine.request(response, requestFields);
    peer.send(...frames(peer));
    const reset = peer.frames().find(({ type }) => type === RST);
    expect(reset?.payload.readUInt32BE()).toBe(code);
    expect(response.code).toBe(code);
    expect(peer.engine.closed).toBe(false);
  });

  it.each<[string, number, (peer: RawPeer) => Uint8Array[]]>([
    ["a stream that the server opens", PROTOCOL_ERROR, (p) => [open(p, 2, 5, [":status", "200"])]],
    ["a response to no request", PROTOCOL_ERROR, (p) => [open(p, 7, 5, [":status", "200"])]],
    ["a promise", PROTOCOL_ERROR, () => [frameBytes(PUSH, 4, 1, uint32(2))]],
    ["a server that wants to push", PROTOCOL_ERROR, () => [setting(2, 1)]],
  ])("ends the connection for %s", (_, code, frames) => {
    const peer = rawPeer("client");
    const response = recorder();
    peer.engine.request(response, requestFields);
    peer.frames();
    peer.send(...frames(peer));
    expect(peer.goawayCode()).toBe(code);
    expect(response.code).toBe(code);
  });

  it("skips interim responses", () => {
    const peer = rawPeer("client");
    const response = recorder();
    peer.engine.request(response, requestFields, [], true);
    peer.send(open(peer, 1, 4, [":status", "103", "link", "x"]), open(peer, 1, 5, [":status", "200"]));
    expect(response).toMatchObject({ headers: [":status", "200"], code: 0 });
  });

  it("accepts a declared length without body in answer to HEAD", () => {
    const peer = rawPeer("client");
    const response = recorder();
    peer.engine.request(response, [":method", "HEAD", ":scheme", "http", ":path", "/"], [], true);
    peer.send(open(peer, 1, 5, [":status", "200", "content-length", "100"]));
    expect(response.code).toBe(0);
  });
});
