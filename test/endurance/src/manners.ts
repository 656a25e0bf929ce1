import type { Socket } from "node:net";
import { http2Frames } from "@micro/testbed";
import { Task } from "./gen/work.ts";

const { block, flag, frame, frameReader, initialWindow, message, preface, type, word } = http2Frames;

/** What a peer does with a connection that it has accepted. */
export type Manner = (socket: Socket) => void;

const largest = 2 ** 31 - 1;
const noise = Buffer.from(Array.from({ length: 4_096 }, (_, index) => (index * 7_919 + (index >> 3) * 104_729) & 255));
const reply = Task.encode({ number: 1n, text: "a reply" });

/** Peers that do not get as far as a protocol. */
export const rudeManners: Readonly<Record<string, Manner>> = {
  "resets at once": (socket) => socket.resetAndDestroy(),
  "resets when asked": (socket) => void socket.once("data", () => socket.resetAndDestroy()),
  "closes at once": (socket) => void socket.end(),
  "closes when asked": (socket) => void socket.once("data", () => socket.end()),
  "never answers": (socket) => void socket.resume(),
  "never reads": (socket) => void socket.pause(),
  "answers noise": (socket) => void socket.on("data", () => socket.write(noise)),
  "answers as a web server": (socket) =>
    void socket.once("data", () =>
      socket.end("HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\nwhat?"),
    ),
};

/** Peers of gRPC that answer each call in a way of their own. */
export const http2Manners: Readonly<Record<string, Manner>> = {
  "never answers a call": (socket) => speak(socket, () => undefined),
  "resets each call": (socket) => speak(socket, (stream) => frame(type.reset, flag.none, stream, word(stream % 14))),
  "refuses each call": (socket) => speak(socket, (stream) => frame(type.reset, flag.none, stream, word(7))),
  "says goodbye to each call": (socket) => speak(socket, () => goaway(0, 0)),
  "says goodbye and is gone": (socket) =>
    speak(socket, (stream) => {
      socket.end(goaway(stream, 0));
      return undefined;
    }),
  "ends the connection within a message": (socket) =>
    speak(socket, (stream) => {
      socket.end(Buffer.concat([replyHeaders(stream), data(stream, message(reply, 1_000))]));
      return undefined;
    }),
  "resets the connection within a message": (socket) =>
    speak(socket, (stream) => {
      socket.write(Buffer.concat([replyHeaders(stream), data(stream, message(reply, 1_000))]));
      setTimeout(() => socket.resetAndDestroy(), 5);
      return undefined;
    }),
  "ends the call within a message": (socket) =>
    speak(socket, (stream) => [replyHeaders(stream), data(stream, message(reply, 1_000)), trailers(stream, "0")]),
  "stops within a message": (socket) =>
    speak(socket, (stream) => [replyHeaders(stream), data(stream, message(reply, 1_000))]),
  "stops within a frame": (socket) => speak(socket, (stream) => replyHeaders(stream).subarray(0, 12)),
  "ends without a status": (socket) =>
    speak(socket, (stream) => [replyHeaders(stream), data(stream, message(reply), flag.end)]),
  "ends without a message": (socket) => speak(socket, (stream) => [replyHeaders(stream), trailers(stream, "0")]),
  "announces a message of 4 GiB": (socket) =>
    speak(socket, (stream) => [replyHeaders(stream), data(stream, message(reply, 2 ** 32 - 1))]),
  "answers what is no protobuf": (socket) =>
    speak(socket, (stream) => [replyHeaders(stream), data(stream, message(noise)), trailers(stream, "0")]),
  "answers as a proxy": (socket) =>
    speak(socket, (stream) => [
      frame(type.headers, flag.endHeaders, stream, block([":status", "502"], ["content-type", "text/html"])),
      data(stream, Buffer.from("<h1>Bad Gateway</h1>"), flag.end),
    ]),
  "fails with any status": (socket) => speak(socket, (stream) => trailersOnly(stream, String(stream % 20))),
  "fails with a status that is none": (socket) => speak(socket, (stream) => trailersOnly(stream, "ok?")),
  "sends a header block that is none": (socket) =>
    speak(socket, (stream) => frame(type.headers, flag.endHeaders, stream, noise.subarray(0, 100))),
  "answers calls that nobody made": (socket) => speak(socket, (stream) => replyHeaders(stream + 1_000)),
  "sends a frame larger than allowed": (socket) => speak(socket, (stream) => data(stream, Buffer.alloc(100_000))),
  "opens the connection's window beyond its end": (socket) =>
    speak(socket, () => frame(type.windowUpdate, flag.none, 0, word(largest))),
  "opens a call's window beyond its end": (socket) =>
    speak(socket, (stream) => frame(type.windowUpdate, flag.none, stream, word(largest))),
  "opens windows by nothing": (socket) =>
    speak(socket, (stream) => frame(type.windowUpdate, flag.none, stream, word(0))),
  "moves the windows beyond their end by settings": (socket) =>
    speak(socket, (stream) => [
      frame(type.windowUpdate, flag.none, stream, word(largest - 65_535)),
      initialWindow(largest),
    ]),
  "sends more than the window takes": (socket) =>
    speak(socket, (stream) => [
      replyHeaders(stream),
      data(stream, message(noise, 3_000_000)),
      ...Array<Buffer>(80).fill(data(stream, Buffer.alloc(16_384))),
    ]),
  "lets nothing through": (socket) => speak(socket, () => undefined, 0),
  "asks for signs of life without end": (socket) =>
    speak(socket, () => Array<Buffer>(2_000).fill(frame(type.ping, flag.none, 0, Buffer.alloc(8)))),
  "changes its settings without end": (socket) => speak(socket, () => Array<Buffer>(500).fill(initialWindow(65_535))),
};

/** Peers of mucp, whose replies are those of HTTP/1.1. */
export const mucpManners: Readonly<Record<string, Manner>> = {
  "ends within a reply": (socket) =>
    void socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")),
  "stops within a reply": (socket) =>
    void socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")),
  "announces a reply of 4 GiB": (socket) =>
    void socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 4294967296\r\n\r\nhalf")),
  "lies about a chunk": (socket) =>
    void socket.once("data", () =>
      socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffff\r\nhalf\r\n"),
    ),
  "sends headers without end": (socket) =>
    void socket.once("data", () => socket.write(`HTTP/1.1 200 OK\r\n${"X-More: and more\r\n".repeat(20_000)}`)),
  "answers with the wrong id": (socket) =>
    void socket.on("data", () =>
      socket.write(
        "HTTP/1.1 200 OK\r\nMicro-Id: 999999\r\nContent-Type: application/protobuf\r\nContent-Length: 0\r\n\r\n",
      ),
    ),
};

/** Speaks HTTP/2 as far as answering settings and pings, and answers each call with what `answer` gives. */
function speak(socket: Socket, answer: (stream: number) => Uint8Array | Buffer[] | undefined, window = 65_535): void {
  socket.write(initialWindow(window));
  const read = frameReader(({ kind, flags, stream, payload }) => {
    if (kind === type.settings && (flags & flag.ack) === 0) socket.write(frame(type.settings, flag.ack, 0));
    if (kind === type.ping && (flags & flag.ack) === 0) socket.write(frame(type.ping, flag.ack, 0, payload));
    if (kind !== type.headers || !socket.writable) return;
    const frames = answer(stream);
    if (frames) socket.write(Array.isArray(frames) ? Buffer.concat(frames) : frames);
  }, preface.length);
  socket.on("data", read);
}

function replyHeaders(stream: number): Buffer {
  return frame(type.headers, flag.endHeaders, stream, block([":status", "200"], ["content-type", "application/grpc"]));
}

function data(stream: number, bytes: Uint8Array, flags: number = flag.none): Buffer {
  return frame(type.data, flags, stream, bytes);
}

function trailers(stream: number, status: string): Buffer {
  return frame(type.headers, flag.endHeaders | flag.end, stream, block(["grpc-status", status]));
}

function trailersOnly(stream: number, status: string): Buffer {
  const fields = block(
    [":status", "200"],
    ["content-type", "application/grpc"],
    ["grpc-status", status],
    ["grpc-message", "as%20it%2"],
    ["grpc-status-details-bin", "bm90IGFueXRoaW5n"],
  );
  return frame(type.headers, flag.endHeaders | flag.end, stream, fields);
}

function goaway(lastStream: number, code: number): Buffer {
  return frame(type.goaway, flag.none, 0, Buffer.concat([word(lastStream), word(code)]));
}
