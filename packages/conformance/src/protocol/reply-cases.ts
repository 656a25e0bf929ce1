import { type IncomingCall, type Metadata, MicroError } from "@micro/core";
import { expect } from "vitest";
import type { Case } from "../suite.ts";
import { bytes, echo, text } from "./echo.ts";
import { chatCall, openWire, type ProtocolHarness, plainCall } from "./harness.ts";

/** What was told of one reply, in order. */
function listener() {
  const headers: Metadata[] = [];
  const trailers: Metadata[] = [];
  return {
    headers,
    trailers,
    told: { onHeaders: (each: Metadata) => headers.push(each), onTrailers: (each: Metadata) => trailers.push(each) },
  };
}

const binary = Buffer.from([0xab, 0, 0xff, 0x2c, 0x7f]);

/** The bytes of a binary value, or of several. */
function bytesOf(value: string | undefined): Buffer[] | undefined {
  return value?.split(",").map((each) => Buffer.from(each, "base64"));
}

async function* nothing(): AsyncGenerator<Uint8Array, void, undefined> {
  yield* [];
}

/** What travels beside the messages of a reply. */
export const replyCases: readonly Case<ProtocolHarness>[] = [
  {
    name: "carries the handler's headers and trailers back: text, bytes, several values",
    async run(harness) {
      await using wire = await openWire(harness, async (call, body) => {
        call.replyHeaders({ "x-one": "1", "X-Many": ["a", "b"] });
        call.replyHeaders({ "x-later": "grüße", "x-raw-bin": binary.toString("base64") });
        call.replyHeaders({ "x-raws-bin": [binary.toString("base64"), Buffer.from("second").toString("base64")] });
        call.replyTrailers({ "x-cost": "7 ms", "x-tail-bin": binary.toString("base64") });
        call.replyTrailers({ "x-list": ["c", "d"] });
        return body;
      });
      const { headers, trailers, told } = listener();
      expect(text(await wire.connection.unary(plainCall(harness, told), bytes("body")))).toBe("body");
      expect(headers).toHaveLength(1);
      expect(headers[0]).toMatchObject({ "x-one": "1", "x-many": "a, b", "x-later": encodeURIComponent("grüße") });
      expect(bytesOf(headers[0]?.["x-raw-bin"])).toEqual([binary]);
      expect(bytesOf(headers[0]?.["x-raws-bin"])).toEqual([binary, Buffer.from("second")]);
      if (harness.trailers === false) return expect(trailers).toEqual([]);
      expect(trailers).toEqual([{ "x-cost": "7 ms", "x-tail-bin": expect.any(String), "x-list": "c, d" }]);
      expect(bytesOf(trailers[0]?.["x-tail-bin"])).toEqual([binary]);
    },
  },
  {
    name: "tells of a plain reply its headers, none of which belong to the protocol, and no trailers",
    async run(harness) {
      await using wire = await openWire(harness, echo);
      const { headers, trailers, told } = listener();
      await wire.connection.unary(plainCall(harness, told), bytes("x"));
      expect(headers).toEqual([{}]);
      expect(trailers).toEqual([]);
    },
  },
  {
    name: "gives each of two calls at once the headers of its own reply",
    async run(harness) {
      await using wire = await openWire(harness, async (call, body) => {
        call.replyHeaders({ "x-echo": text(body) });
        call.replyTrailers({ "x-echo": text(body) });
        await new Promise((resolve) => setImmediate(resolve));
        return body;
      });
      const names = Array.from({ length: 20 }, (_, index) => `call ${index}`);
      await Promise.all(
        names.map(async (name) => {
          const { headers, trailers, told } = listener();
          await wire.connection.unary(plainCall(harness, told), bytes(name));
          expect(headers).toEqual([{ "x-echo": name }]);
          if (harness.trailers !== false) expect(trailers).toEqual([{ "x-echo": name }]);
        }),
      );
    },
  },
  {
    name: "carries headers and trailers with an error, and tells them before it",
    async run(harness) {
      await using wire = await openWire(harness, async (call) => {
        call.replyHeaders({ "x-one": "1" });
        call.replyTrailers({ "x-why": "because" });
        throw new MicroError("go.micro.srv.greeter", 409, "no <ü>");
      });
      const { headers, trailers, told } = listener();
      const error = await wire.connection
        .unary(plainCall(harness, told), bytes("x"))
        .catch((reason: unknown) => reason);
      expect(error).toMatchObject({ id: "go.micro.srv.greeter", code: 409, detail: "no <ü>", answered: true });
      expect(headers).toEqual([{ "x-one": "1" }]);
      if (harness.trailers !== false) expect(trailers).toEqual([{ "x-why": "because" }]);
    },
  },
  {
    name: "carries the trailers of an error that comes without headers",
    async run(harness) {
      await using wire = await openWire(harness, async (call) => {
        call.replyTrailers({ "x-why": "because" });
        throw new MicroError("go.micro.srv.greeter", 409, "boom");
      });
      const { trailers, told } = listener();
      await expect(wire.connection.unary(plainCall(harness, told), bytes("x"))).rejects.toMatchObject({ code: 409 });
      if (harness.trailers !== false) expect(trailers).toEqual([{ "x-why": "because" }]);
    },
  },
  {
    name: "tells the headers of a stream before its first message, and its trailers by its end",
    async run(harness) {
      await using wire = await openWire(harness, echo, {
        async *stream(call, requests) {
          call.replyHeaders({ "x-stream": "begins" });
          for await (const request of requests) yield request;
          call.replyTrailers({ "x-stream": "ends" });
        },
      });
      const { headers, trailers, told } = listener();
      async function* messages(): AsyncGenerator<Uint8Array, void, undefined> {
        yield bytes("a");
        yield bytes("b");
      }
      let messagesSeen = 0;
      for await (const _reply of wire.connection.stream(chatCall(harness, told), messages())) {
        expect(headers).toEqual([{ "x-stream": "begins" }]);
        messagesSeen++;
      }
      expect(messagesSeen).toBe(2);
      expect(headers).toHaveLength(1);
      if (harness.trailers !== false) expect(trailers).toEqual([{ "x-stream": "ends" }]);
    },
  },
  {
    name: "carries headers and trailers of a stream without messages, and of one that fails",
    async run(harness) {
      let fails = false;
      await using wire = await openWire(harness, echo, {
        async *stream(call) {
          call.replyHeaders({ "x-stream": "begins" });
          call.replyTrailers({ "x-stream": "ends" });
          if (fails) throw new MicroError("go.micro.srv.greeter", 409, "boom");
          yield* nothing();
        },
      });
      for (const failing of [false, true]) {
        fails = failing;
        const { headers, trailers, told } = listener();
        const replies = wire.connection.stream(chatCall(harness, told), nothing())[Symbol.asyncIterator]();
        const outcome = replies.next().catch((reason: unknown) => reason);
        expect(await outcome).toMatchObject(failing ? { code: 409 } : { done: true });
        expect(headers).toEqual([{ "x-stream": "begins" }]);
        if (harness.trailers !== false) expect(trailers).toEqual([{ "x-stream": "ends" }]);
      }
    },
  },
  {
    name: "refuses names that are no names or not the program's, and values that cannot be sent",
    async run(harness) {
      const refused: Record<string, string> = {};
      const tries: Record<string, Record<string, string>> = {
        "grpc-status": { "grpc-status": "0" },
        "Grpc-Anything": { "Grpc-Anything": "0" },
        ":status": { ":status": "200" },
        "content-type": { "Content-Type": "text/html" },
        "content-length": { "content-length": "0" },
        connection: { connection: "close" },
        "transfer-encoding": { "transfer-encoding": "chunked" },
        te: { te: "x" },
        "micro-error": { "Micro-Error": "EOS" },
        "x-micro-id": { "x-micro-id": "1" },
        "bad key": { "bad key": "x" },
        "": { "": "x" },
        "no-base64-bin": { "no-base64-bin": "ä" },
      };
      await using wire = await openWire(harness, async (call, body) => {
        for (const give of ["replyHeaders", "replyTrailers"] as const) {
          for (const [name, metadata] of Object.entries(tries)) {
            try {
              call[give](metadata);
            } catch (reason) {
              refused[`${give} ${name}`] = reason instanceof TypeError ? reason.message : `threw ${reason}`;
            }
          }
        }
        return body;
      });
      const { headers, trailers, told } = listener();
      await wire.connection.unary(plainCall(harness, told), bytes("x"));
      const names = Object.keys(tries);
      expect(Object.keys(refused)).toEqual([
        ...names.map((name) => `replyHeaders ${name}`),
        ...names.map((name) => `replyTrailers ${name}`),
      ]);
      for (const [what, message] of Object.entries(refused))
        expect(message.toLowerCase()).toContain(`"${what.slice(what.indexOf(" ") + 1).toLowerCase()}"`);
      expect(headers).toEqual([{}]);
      expect(trailers).toEqual([]);
    },
  },
  {
    name: "refuses headers after the first message of a stream and metadata after the reply",
    async run(harness) {
      let late: unknown;
      let afterwards: (() => void) | undefined;
      const answer = async (call: IncomingCall, body: Uint8Array) => {
        afterwards = () => call.replyTrailers({ "x-late": "1" });
        return body;
      };
      await using wire = await openWire(harness, answer, {
        async *stream(call) {
          yield bytes("first");
          try {
            call.replyHeaders({ "x-late": "1" });
          } catch (reason) {
            late = reason;
          }
        },
      });
      for await (const reply of wire.connection.stream(chatCall(harness), nothing())) expect(text(reply)).toBe("first");
      expect(String(late)).toMatch(/Say\.Chat.*have been sent/);
      await wire.connection.unary(plainCall(harness), bytes("x"));
      expect(afterwards).toThrow(/Say\.Hello.*has been sent/);
    },
  },
];
