import type { ConnectionOptions, Driver, Engine, Role } from "../src/connection.ts";
import { createEngine } from "../src/engine.ts";
import { preface, readUint32, writeFrameHeader } from "../src/frames/frame.ts";
import { settingsPayload } from "../src/frames/settings.ts";
import type { Fields } from "../src/header-list.ts";
import { HpackDecoder } from "../src/hpack/decoder.ts";
import { HpackEncoder } from "../src/hpack/encoder.ts";
import type { StreamHandler } from "../src/stream.ts";

/** A frame as it stands on the wire. */
export interface WireFrame {
  type: number;
  flags: number;
  streamId: number;
  payload: Buffer;
}

/** The bytes of a frame. */
export function frameBytes(
  type: number,
  flags: number,
  streamId: number,
  payload: Uint8Array = Buffer.alloc(0),
): Buffer {
  const bytes = Buffer.alloc(9 + payload.length);
  writeFrameHeader(bytes, 0, payload.length, type, flags, streamId);
  bytes.set(payload, 9);
  return bytes;
}

/** Four bytes with this number. */
export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

/** Cuts bytes into frames; the preface of a client is skipped. */
export function parseFrames(bytes: Buffer): WireFrame[] {
  const frames: WireFrame[] = [];
  let at = bytes.subarray(0, preface.length).equals(preface) ? preface.length : 0;
  while (at + 9 <= bytes.length) {
    const length = bytes.readUIntBE(at, 3);
    frames.push({
      type: bytes[at + 3] ?? 0,
      flags: bytes[at + 4] ?? 0,
      streamId: readUint32(bytes, at + 5),
      payload: bytes.subarray(at + 9, at + 9 + length),
    });
    at += 9 + length;
  }
  return frames;
}

/** Time that stands still until it is moved. */
export interface Hand {
  nowMs: number;
  /** Timers that wait. */
  readonly timers: Set<() => void>;
}

function hand(): Hand & Driver {
  const timers = new Set<() => void>();
  const time = {
    nowMs: 0,
    timers,
    wake: () => undefined,
    now: () => time.nowMs,
    after: (_: number, action: () => void) => {
      timers.add(action);
      return () => void timers.delete(action);
    },
  };
  return time;
}

/** An engine and a peer that writes its frames by hand, so that it can be as bad as it likes. */
export interface RawPeer {
  readonly engine: Engine;
  readonly time: Hand;
  /** Gives the engine these bytes. */
  send(...parts: Uint8Array[]): void;
  /** What the engine has sent since the last call. */
  frames(): WireFrame[];
  /** A header block, in step with all before. */
  block(fields: Fields): Buffer;
  /** The fields of a block that the engine sent; every block must be shown, in order. */
  fields(block: Buffer): Fields;
  /** Error code of the GOAWAY that the engine has sent, if it has. Drops other frames. */
  goawayCode(): number | undefined;
}

/** Begins a connection with an engine of this role; both have sent their SETTINGS unless `silent`. */
export function rawPeer(
  role: Role,
  options: ConnectionOptions = {},
  { silent = false, settings = [] }: { silent?: boolean; settings?: readonly (readonly [number, number])[] } = {},
): RawPeer {
  const time = hand();
  const engine = createEngine(role, options, time);
  const encoder = new HpackEncoder(4096);
  const decoder = new HpackDecoder(4096, 1_000_000);
  engine.start();
  const peer: RawPeer = {
    engine,
    time,
    send: (...parts) => engine.receive(Buffer.concat(parts)),
    frames() {
      const pieces: Uint8Array[] = [];
      for (;;) {
        engine.flush((piece) => pieces.push(Buffer.from(piece)));
        engine.flushed(false);
        if (engine.pendingBytes === 0) return parseFrames(Buffer.concat(pieces));
      }
    },
    block(fields) {
      const out = Buffer.alloc(encoder.bound(undefined, fields));
      return out.subarray(0, encoder.encode(out, 0, undefined, fields));
    },
    fields: (block) => decoder.decode(block, 0, block.length).fields,
    goawayCode() {
      const goaway = peer.frames().find(({ type }) => type === 7);
      return goaway?.payload.readUInt32BE(4);
    },
  };
  if (!silent) {
    if (role === "server") peer.send(preface);
    peer.send(frameBytes(4, 0, 0, settingsPayload(settings)), frameBytes(4, 1, 0));
    peer.frames();
  }
  return peer;
}

/** The fields of an ordinary request. */
export const requestFields: Fields = [":method", "POST", ":scheme", "http", ":path", "/test", ":authority", "test"];

/** Two engines whose bytes reach each other when `settle` is called. */
export interface Pair {
  readonly client: Engine;
  readonly server: Engine;
  readonly time: Hand;
  /** Carries bytes back and forth until both are silent; in pieces of `pieceBytes`. */
  settle(): void;
}

/** Connects two engines. */
export function pair(
  client: ConnectionOptions,
  server: ConnectionOptions,
  { pieceBytes = Number.POSITIVE_INFINITY }: { pieceBytes?: number } = {},
): Pair {
  const time = hand();
  const ends = { client: createEngine("client", client, time), server: createEngine("server", server, time) };
  ends.client.start();
  ends.server.start();
  const carry = (from: Engine, to: Engine): void => {
    const pieces: Uint8Array[] = [];
    from.flush((piece) => pieces.push(Buffer.from(piece)));
    from.flushed(false, true);
    const bytes = Buffer.concat(pieces);
    for (let at = 0; at < bytes.length; at += pieceBytes) to.receive(bytes.subarray(at, at + pieceBytes));
  };
  return {
    ...ends,
    time,
    settle() {
      while (ends.client.pendingBytes + ends.server.pendingBytes > 0) {
        carry(ends.client, ends.server);
        carry(ends.server, ends.client);
      }
    },
  };
}

/** What came on a stream. */
export interface Received {
  headers: Fields | undefined;
  body: Buffer;
  trailers: Fields | undefined;
  ended: boolean;
  code: number | undefined;
  writable: number;
}

/** A handler that keeps everything; `consume` false leaves the body unconsumed. */
export function recorder(consume = true): Received & StreamHandler {
  const parts: Buffer[] = [];
  const record: Received & StreamHandler = {
    headers: undefined,
    get body() {
      return Buffer.concat(parts);
    },
    trailers: undefined,
    ended: false,
    code: undefined,
    writable: 0,
    onHeaders: (_, list) => {
      record.headers = list.fields;
    },
    onData: (stream, chunk, start, end) => {
      parts.push(Buffer.from(chunk.subarray(start, end)));
      if (consume) stream.consumed(end - start);
    },
    onTrailers: (_, list) => {
      record.trailers = list.fields;
    },
    onEnd: () => {
      record.ended = true;
    },
    onWritable: () => {
      record.writable++;
    },
    onClose: (_, code) => {
      record.code = code;
    },
  };
  return record;
}
