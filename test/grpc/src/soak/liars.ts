import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { createClient, grpc, MicroError, memoryRegistry, registrySelector, sleep, systemClock } from "@micro/core";
import { http2Frames } from "@micro/testbed";
import { StreamingOutputCallRequest, TestService } from "../gen/test.ts";
import { callHeaders } from "./call-headers.ts";
import type { Place } from "./callers.ts";

const { block, flag, frame, initialWindow, message, preface, type, word } = http2Frames;
const largest = 2 ** 31 - 1;
const flowControlError = 3;
// Valid as a request and as a reply.
const text = StreamingOutputCallRequest.encode({ payload: { body: new Uint8Array(16_000) } });
const flood = frame(type.data, flag.none, 1, message(text));

/** Clients that break the rules: for each the server has to end the connection, or the stream for its flow control. */
const clients: Readonly<Record<string, readonly Buffer[]>> = {
  "opens the connection's window beyond its end": [
    frame(type.windowUpdate, flag.none, 0, word(largest)),
    frame(type.windowUpdate, flag.none, 0, word(largest)),
  ],
  "sends more than the window takes": [callHeaders(1, "FullDuplexCall"), ...Array<Buffer>(2_000).fill(flood)],
  "moves the windows beyond their end by settings": [
    callHeaders(1, "FullDuplexCall"),
    frame(type.windowUpdate, flag.none, 1, word(largest - 65_535)),
    initialWindow(largest),
  ],
  "sends data on a stream that it never opened": [frame(type.data, flag.none, 7, Buffer.alloc(10))],
  "resets what it opens": Array.from({ length: 3_000 }, (_, index) =>
    Buffer.concat([callHeaders(2 * index + 1, "FullDuplexCall"), frame(type.reset, flag.none, 2 * index + 1, word(8))]),
  ),
};

/** Connects as each of these clients in turn. */
export async function lyingClients({ address, tally, stop }: Place): Promise<void> {
  while (!stop.aborted) {
    for (const [what, frames] of Object.entries(clients)) {
      await tally.count(`a client that ${what}`, [], () => isEnded(address, frames));
      await sleep(systemClock, 50);
    }
  }
}

/** Whether the server ends the connection on which these frames come, or their stream. */
async function isEnded(address: string, frames: readonly Buffer[]): Promise<boolean> {
  const socket = dial(address);
  let giveUp: NodeJS.Timeout | undefined;
  const refused = new Promise<boolean>((resolve) => {
    giveUp = setTimeout(() => resolve(false), 10_000);
    let rest = Buffer.alloc(0);
    socket.on("data", (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk]);
      for (let size = frameSize(rest); size <= rest.length; size = frameSize(rest)) {
        if (rest[3] === type.reset && rest.readUInt32BE(9) === flowControlError) resolve(true);
        rest = rest.subarray(size);
      }
    });
    socket.once("close", () => resolve(true));
  });
  for (const each of [preface, initialWindow(65_535), ...frames]) socket.write(each);
  const ended = await refused;
  clearTimeout(giveUp);
  socket.destroy();
  return ended;
}

function frameSize(bytes: Buffer): number {
  return bytes.length < 9 ? Number.POSITIVE_INFINITY : 9 + bytes.readUIntBE(0, 3);
}

/** Clients that keep within the rules and ask for much without letting it come, then vanish. */
export async function closedWindows({ address, tally, stop }: Place): Promise<void> {
  const request = StreamingOutputCallRequest.encode({
    responseParameters: Array.from({ length: 1_000 }, () => ({ size: 10_000 })),
  });
  while (!stop.aborted) {
    await tally.count("a client that lets nothing come", [], async () => {
      const socket = dial(address);
      const closed = closing(socket);
      socket.write(Buffer.concat([preface, initialWindow(0)]));
      for (let stream = 1; stream < 100; stream += 2) {
        socket.write(callHeaders(stream, "StreamingOutputCall"));
        socket.write(frame(type.data, flag.end, stream, message(request)));
      }
      await sleep(systemClock, 200);
      // Some drips for one of them, then the end without a word.
      socket.write(frame(type.windowUpdate, flag.none, 1, word(100)));
      await sleep(systemClock, 50);
      socket.resetAndDestroy();
      await closed;
      return true;
    });
  }
}

/** Servers that break the rules: each call to them has to be rejected, and soon. */
const servers: Readonly<Record<string, readonly Buffer[]>> = {
  "sends more than the window takes": [
    frame(type.headers, flag.endHeaders, 1, block([":status", "200"], ["content-type", "application/grpc"])),
    ...Array<Buffer>(2_000).fill(flood),
  ],
  "opens the window beyond its end": [frame(type.windowUpdate, flag.none, 1, word(largest))],
  "answers what was not asked": [
    frame(type.headers, flag.endHeaders, 99, block([":status", "200"], ["content-type", "application/grpc"])),
  ],
  "ends within a message": [
    frame(type.headers, flag.endHeaders, 1, block([":status", "200"], ["content-type", "application/grpc"])),
    frame(type.data, flag.end, 1, Buffer.from("00000000ff01", "hex")),
  ],
};

/** Calls each of these servers in turn with a client that hardly reads. */
export async function lyingServers({ tally, stop }: Place): Promise<void> {
  const registry = memoryRegistry();
  const selector = registrySelector({ registry });
  while (!stop.aborted) {
    for (const [what, frames] of Object.entries(servers)) {
      const server = createServer((socket) => {
        socket.on("error", () => undefined); // the client ends it in whatever way
        socket.write(initialWindow(65_535));
        socket.once("data", () => {
          for (const each of frames) socket.write(each);
        });
      });
      await once(server.listen(0, "127.0.0.1"), "listening");
      const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
      const client = createClient({ selector, protocols: [grpc], retries: 0 });
      const calls = client.of(TestService, "grpc.testing");
      await tally.count(`a server that ${what}`, [], async () => {
        try {
          for await (const _ of calls.streamingOutputCall({}, { address, timeoutMs: 10_000 }))
            await sleep(systemClock, 20);
        } catch (reason) {
          return reason instanceof MicroError && reason.code !== 408;
        }
        return false;
      });
      await client.close();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    }
    await sleep(systemClock, 50);
  }
  await selector.close();
  await registry.close();
}

function dial(address: string): Socket {
  const socket = connect({ host: "127.0.0.1", port: Number(address.split(":")[1]) });
  socket.on("error", () => undefined); // the server ends it in whatever way
  return socket;
}

function closing(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once("close", () => resolve());
  });
}
