import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Role } from "../src/connection.ts";
import { ConnectionFault, ErrorCode } from "../src/errors.ts";
import { preface } from "../src/frames/frame.ts";
import { type FrameHandler, FrameReader } from "../src/frames/reader.ts";
import { settingsPayload } from "../src/frames/settings.ts";
import { HpackDecoder } from "../src/hpack/decoder.ts";
import { frameBytes, pair, rawPeer, recorder, requestFields } from "./wire.ts";

/** Writes down what a reader finds, DATA put together over its parts. */
function transcript(): { handler: FrameHandler; lines: string[] } {
  const lines: string[] = [];
  let open = "";
  const hex = (chunk: Buffer, start: number, end: number): string => chunk.toString("hex", start, end);
  const handler: FrameHandler = {
    data: (id, chunk, start, end, padding, last) => {
      open += `${hex(chunk, start, end)}${"p".repeat(padding)}`;
      if (!last) return;
      lines.push(`data ${id} ${open.replaceAll("p", "")} ${open.split("p").length - 1}`);
      open = "";
    },
    headers: (id, flags, on, chunk, start, end) =>
      void lines.push(`headers ${id} ${flags} ${on} ${hex(chunk, start, end)}`),
    continuation: (last, chunk, start, end) => void lines.push(`continuation ${last} ${hex(chunk, start, end)}`),
    priority: (id, on) => void lines.push(`priority ${id} ${on}`),
    reset: (id, code) => void lines.push(`reset ${id} ${code}`),
    settings: (ack, chunk, start, end) => void lines.push(`settings ${ack} ${hex(chunk, start, end)}`),
    ping: (ack, chunk, start) => void lines.push(`ping ${ack} ${hex(chunk, start, start + 8)}`),
    goaway: (last, code, chunk, start, end) => void lines.push(`goaway ${last} ${code} ${hex(chunk, start, end)}`),
    windowUpdate: (id, by) => void lines.push(`window ${id} ${by}`),
    unknown: (type) => void lines.push(`unknown ${type}`),
  };
  return { handler, lines };
}

const bytes = (maxLength: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ maxLength }).map((array) => Buffer.from(array));
const streamId = fc.constantFrom(0, 1, 2, 3, 5, 7, 0x7fff_ffff);
/** Frames with the right outside and anything inside. */
const anyFrame = fc
  .tuple(fc.oneof(fc.integer({ min: 0, max: 10 }), fc.nat(255)), fc.nat(255), streamId, bytes(40))
  .map(([type, flags, id, payload]) => frameBytes(type, flags, id, payload));
/** Frames that a peer could send. */
const goodFrame = fc.oneof(
  fc.tuple(fc.constantFrom(1, 3), bytes(60)).map(([id, body]) => frameBytes(0, 1, id, body)),
  fc
    .tuple(bytes(60), fc.nat(20))
    .map(([body, pad]) => frameBytes(0, 9, 1, Buffer.concat([Buffer.from([pad]), body, Buffer.alloc(pad)]))),
  bytes(30).map((block) => frameBytes(1, 4, 1, block)),
  bytes(30).map((block) =>
    Buffer.concat([frameBytes(1, 1, 3, block), frameBytes(9, 0, 3, block), frameBytes(9, 4, 3, block)]),
  ),
  fc.constant(frameBytes(2, 0, 1, Buffer.alloc(5))),
  fc.constant(frameBytes(3, 0, 1, Buffer.alloc(4))),
  fc.constant(frameBytes(6, 0, 0, Buffer.from("pingping"))),
  fc.constant(frameBytes(8, 0, 1, Buffer.from([0, 0, 0, 9]))),
  bytes(30).map((debug) => frameBytes(7, 0, 0, Buffer.concat([Buffer.alloc(8), debug]))),
  bytes(30).map((body) => frameBytes(0x77, 0, 9, body)),
);

describe("the frame reader", () => {
  it("finds the same frames wherever the bytes are split", () => {
    fc.assert(
      fc.property(fc.array(goodFrame, { maxLength: 6 }), (frames) => {
        const wire = Buffer.concat([preface, frameBytes(4, 0, 0), ...frames]);
        const whole = transcript();
        new FrameReader(whole.handler, 16_384, true).read(wire);
        expect(whole.lines.length).toBeGreaterThanOrEqual(frames.length);
        for (let cut = 1; cut < wire.length; cut++) {
          const parts = transcript();
          const reader = new FrameReader(parts.handler, 16_384, true);
          reader.read(wire.subarray(0, cut));
          reader.read(wire.subarray(cut));
          expect(parts.lines).toEqual(whole.lines);
          expect(reader.unfinished).toBe(0);
        }
        const single = transcript();
        const reader = new FrameReader(single.handler, 16_384, true);
        for (const byte of wire) reader.read(Buffer.from([byte]));
        expect(single.lines).toEqual(whole.lines);
      }),
      { numRuns: 40 },
    );
  });

  it("answers any bytes with frames or a fault", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(anyFrame, bytes(30)), { maxLength: 10 }), (parts) => {
        const reader = new FrameReader(transcript().handler, 16_384, false);
        try {
          for (const part of parts) reader.read(part);
        } catch (reason) {
          expect(reason).toBeInstanceOf(ConnectionFault);
        }
      }),
    );
  });
});

describe("the header decoder", () => {
  it("answers any blocks with fields or a fault, and stays within its table", () => {
    const opcode = fc.constantFrom(0x00, 0x10, 0x40, 0x80, 0x20, 0x41, 0x82, 0xbe, 0xff, 0x3f, 0x7f, 0x0f);
    const block = fc.array(fc.oneof(opcode, fc.nat(255)), { maxLength: 60 }).map((list) => Buffer.from(list));
    fc.assert(
      fc.property(fc.array(block, { maxLength: 8 }), (blocks) => {
        const decoder = new HpackDecoder(4096, 500);
        try {
          for (const each of blocks) {
            const list = decoder.decode(each, 0, each.length);
            expect(list.fields.join("").length).toBeLessThanOrEqual(500);
            expect(decoder.tableBytes).toBeLessThanOrEqual(4096);
          }
        } catch (reason) {
          expect(reason).toBeInstanceOf(ConnectionFault);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("a connection", () => {
  it.each<Role>(["server", "client"])("takes anything from its peer as %s: never throws, never grows", (role) => {
    fc.assert(
      fc.property(fc.array(fc.oneof(anyFrame, goodFrame), { maxLength: 60 }), fc.boolean(), (frames, noise) => {
        const peer = rawPeer(role, {
          onStream: (stream) => {
            const request = recorder();
            request.onEnd = () => {
              stream.respond([":status", "200"]);
              stream.write(request.body, true);
            };
            stream.handler = request;
          },
        });
        const responses = role === "client" ? [recorder(), recorder()] : [];
        for (const response of responses) peer.engine.request(response, requestFields).write(Buffer.alloc(10));
        // So that random frames meet streams that exist.
        if (role === "server") for (const id of [1, 3]) peer.send(frameBytes(1, 4, id, peer.block(requestFields)));
        for (const frame of frames) peer.send(frame);
        if (noise) peer.send(Buffer.concat(frames).subarray(3));
        peer.frames();
        if (peer.engine.closed) {
          expect(peer.engine.open).toBe(0);
          for (const { code } of responses) expect(code).toBeDefined();
        }
        expect(peer.engine.pendingBytes).toBe(0);
        peer.engine.lost();
        for (const { code } of responses) expect(code).toBeDefined();
      }),
      { numRuns: 300 },
    );
  });

  it("carries any mix of calls over pieces of any size", () => {
    const call = fc.record({
      body: fc.nat(60_000),
      chunks: fc.integer({ min: 1, max: 5 }),
      trailers: fc.boolean(),
      reset: fc.option(fc.nat(3), { freq: 5 }),
    });
    fc.assert(
      fc.property(
        fc.array(call, { minLength: 1, maxLength: 12 }),
        fc.constantFrom(1000, 4096, 65_536, 17),
        fc.constantFrom(500, 20_000, 1_000_000),
        fc.integer({ min: 1, max: 20 }),
        (calls, pieceBytes, streamWindowBytes, maxConcurrentStreams) => {
          const limits = { streamWindowBytes, maxConcurrentStreams, tinyFrames: { burst: 1e9, perSecond: 0 } };
          const { client, server, settle } = pair(
            { limits: { streamWindowBytes } },
            {
              limits,
              onStream: (stream) => {
                const request = recorder();
                request.onEnd = () => {
                  stream.respond([":status", "200"]);
                  stream.write(request.body);
                  stream.writeTrailers(request.trailers ?? ["none", "x"]);
                };
                stream.handler = request;
              },
            },
            { pieceBytes },
          );
          // Only then does the client know how many streams the server takes.
          settle();
          const made = calls.map(({ body, chunks, trailers, reset }, n) => {
            const response = recorder();
            const stream = client.request(response, requestFields, ["n", `${n}`]);
            const part = Buffer.alloc(body, `${n}`);
            for (let i = 0; i < chunks; i++) {
              stream.write(part, !trailers && i === chunks - 1);
              if (i === reset) stream.reset();
            }
            if (trailers) stream.writeTrailers(["n", `${n}`]);
            return { response, expected: Buffer.concat(Array(chunks).fill(part)), trailers, n, reset: stream.closed };
          });
          settle();
          for (const { response, expected, trailers, n, reset } of made) {
            expect(response.code).toBe(reset ? ErrorCode.CANCEL : ErrorCode.NO_ERROR);
            if (reset) continue;
            expect(response.body.equals(expected)).toBe(true);
            expect(response.trailers).toEqual(trailers ? ["n", `${n}`] : ["none", "x"]);
          }
          expect([client.open, server.open, client.waiting]).toEqual([0, 0, 0]);
          expect([client.closed, server.closed]).toEqual([false, false]);
        },
      ),
      { numRuns: 40 },
    );
  });

  it("is ready for a preface and settings in pieces of one byte", () => {
    const peer = rawPeer("server", {}, { silent: true });
    for (const byte of Buffer.concat([preface, frameBytes(4, 0, 0, settingsPayload([[4, 1000]]))]))
      peer.send(Buffer.from([byte]));
    expect(peer.engine.peerSettings.initialWindowBytes).toBe(1000);
  });
});
