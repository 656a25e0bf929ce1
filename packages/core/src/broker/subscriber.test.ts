import { describe, expect, it } from "vitest";
import { loadMessages } from "../codec/protobuf/messages.ts";
import { MicroError } from "../words/errors.ts";
import { metadata } from "../words/metadata.ts";
import { ConfigError } from "../words/plugin.ts";
import type { BrokerEvent, BrokerMessage } from "./broker.ts";
import type { EventContext } from "./event-context.ts";
import { publication } from "./publication.ts";
import { prepareSubscriber, subscriberEndpoints } from "./subscriber.ts";

const duration = loadMessages("").type<{ seconds: bigint; nanos: number }>("google.protobuf.Duration");
const encoded = duration.encode({ seconds: 1n, nanos: 2 });

function eventOf(message: BrokerMessage, topic = "greeted"): BrokerEvent & { said: string[] } {
  const said: string[] = [];
  return { topic, message, said, ack: () => said.push("ack"), nack: () => said.push("nack") };
}

function typed(contentType: string | undefined, body: Uint8Array | string): BrokerEvent {
  const headers = metadata(contentType === undefined ? {} : { "content-type": contentType });
  return eventOf({ headers, body: typeof body === "string" ? Buffer.from(body) : body });
}

describe("decoding", () => {
  it.each([
    ["application/protobuf", encoded],
    ["application/grpc+proto", encoded],
    ["application/octet-stream", encoded],
    ["application/json", '"1.000000002s"'],
    ["Application/JSON; charset=utf-8", '"1.000000002s"'],
    [undefined, encoded],
  ])("reads a message of content type %s", async (contentType, body) => {
    const got: unknown[] = [];
    const { handler } = prepareSubscriber("greeted", (message) => void got.push(message), { type: duration });
    await handler(typed(contentType, body));
    expect(got).toEqual([{ seconds: 1n, nanos: 2 }]);
  });

  it("reads plain JSON without a message type, and gives bytes of anything to whoever wants them raw", async () => {
    const got: unknown[] = [];
    const keep = (message: unknown) => void got.push(message);
    await prepareSubscriber("greeted", keep).handler(typed("application/json", '{"a":[1]}'));
    await prepareSubscriber("greeted", keep, { raw: true }).handler(typed("text/html", "<p>"));
    expect(got).toEqual([{ a: [1] }, new TextEncoder().encode("<p>")]);
  });

  it("fails for a content type that nobody knows, and for a body that is none", async () => {
    const { handler } = prepareSubscriber("greeted", () => undefined, { type: duration });
    await expect(handler(typed("text/html", ""))).rejects.toMatchObject({
      detail: "Unsupported Content-Type: text/html",
    });
    await expect(handler(typed("application/json", '"soon"'))).rejects.toMatchObject({
      code: 400,
      detail: expect.stringContaining("subscriber error: message of topic greeted: "),
    });
  });
});

describe("functions", () => {
  it("get metadata without the content type, the topic, the queue, and ack and nack", async () => {
    const event = eventOf({
      headers: metadata({ "Content-Type": "application/json", "Micro-Topic": "greeted", "X-A": "b" }),
      body: Buffer.from("1"),
    });
    const { handler, options } = prepareSubscriber(
      "greeted",
      (message, context) => {
        expect(message).toBe(1);
        expect({ ...context.metadata }).toEqual({ "micro-topic": "greeted", "x-a": "b" });
        expect([context.topic, context.queue]).toEqual(["greeted", "workers"]);
        context.nack();
        context.ack();
      },
      { queue: "workers", autoAck: false, concurrency: 2, name: "Greeted" },
    );
    await handler(event);
    expect(event.said).toEqual(["nack", "ack"]);
    expect(options).toEqual({ queue: "workers", autoAck: false, concurrency: 2 });
  });

  it("of one subscriber run side by side, each on a message of its own, and their errors are joined", async () => {
    const log: string[] = [];
    let release: () => void = () => undefined;
    const second = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { handler } = prepareSubscriber<{ list: string[] }>(
      "greeted",
      {
        async First({ list }) {
          list.push("first");
          await second;
          log.push(`first ${list}`);
          throw new Error("A");
        },
        Second({ list }) {
          list.push("second");
          log.push(`second ${list}`);
          release();
          throw new MicroError("test", 409, "B");
        },
        Third: () => void log.push("third"),
      },
      { name: "Greetings" },
    );
    await expect(handler(typed("application/json", '{"list":[]}'))).rejects.toMatchObject({
      code: 500,
      detail: "subscriber error: A\nB",
    });
    expect(log).toEqual(["second second", "third", "first first"]);
  });

  it("keep the code and the cause of an error that is alone", async () => {
    const failure = new MicroError("test", 409, "taken");
    const { handler } = prepareSubscriber("greeted", () => Promise.reject(failure));
    await expect(handler(typed("application/json", "1"))).rejects.toMatchObject({ code: 409, cause: failure });
  });

  it("are wrapped by middleware, the first outermost, made once a function", async () => {
    const log: string[] = [];
    const wrap =
      (name: string) => (next: (message: unknown, context: never) => void | Promise<void>, subscriber: object) => {
        log.push(`${name} ${JSON.stringify(subscriber)}`);
        return async (message: unknown, context: never) => {
          log.push(`${name} before`);
          await next(message, context);
          log.push(`${name} after`);
        };
      };
    const { handler } = prepareSubscriber(
      "greeted",
      () => void log.push("handler"),
      { queue: "q" },
      { middleware: [wrap("outer"), wrap("inner")] },
    );
    const made = '{"topic":"greeted","queue":"q","name":"Func"}';
    expect(log.splice(0)).toEqual([`inner ${made}`, `outer ${made}`]);
    await handler(typed("application/json", "1"));
    expect(log).toEqual(["outer before", "inner before", "handler", "inner after", "outer after"]);
  });

  it("may have a context made for them", async () => {
    interface OwnContext extends EventContext {
      readonly user: string;
    }
    const got: string[] = [];
    const { handler } = prepareSubscriber<unknown, OwnContext>(
      "greeted",
      (_message, { user }) => void got.push(user),
      {},
      { context: (context) => ({ ...context, user: `of ${context.topic}` }) },
    );
    await handler(typed("application/json", "1"));
    expect(got).toEqual(["of greeted"]);
  });

  it("must be functions, and have a name when they are several", () => {
    expect(() => prepareSubscriber("greeted", {})).toThrow(ConfigError);
    expect(() => prepareSubscriber("greeted", { A: () => undefined })).toThrow(/needs a name/);
    expect(() => prepareSubscriber("greeted", { A: 7 } as never, { name: "N" })).toThrow(
      /subscriber A of topic greeted/,
    );
  });
});

describe("endpoints", () => {
  it("are go-micro's, by topic in descending order", () => {
    const none = (): void => undefined;
    const prepared = [
      prepareSubscriber("a", none, { type: duration }),
      prepareSubscriber("c", { One: none, Two: none }, { name: "Type" }),
      prepareSubscriber("b", none),
    ];
    const of = (topic: string) => ({ topic, subscriber: "true" });
    const request = {
      name: "Duration",
      type: "Duration",
      values: [
        { name: "seconds", type: "int64", values: [] },
        { name: "nanos", type: "int32", values: [] },
      ],
    };
    expect(subscriberEndpoints(prepared)).toEqual([
      { name: "Type.One", request: undefined, response: undefined, metadata: of("c") },
      { name: "Type.Two", request: undefined, response: undefined, metadata: of("c") },
      { name: "Func", request: undefined, response: undefined, metadata: of("b") },
      { name: "Func", request, response: undefined, metadata: of("a") },
    ]);
  });
});

describe("publication", () => {
  it("encodes a value and names its content type and topic", () => {
    const message = publication("greeted", { seconds: 1n, nanos: 2 }, { type: duration, metadata: { "X-A": "b" } });
    expect({ ...message.headers }).toEqual({
      "content-type": "application/protobuf",
      "micro-topic": "greeted",
      "x-a": "b",
    });
    expect(Buffer.from(message.body).equals(encoded)).toBe(true);
  });

  it.each([
    [
      "JSON of a type",
      { seconds: 1n },
      { type: duration, contentType: "application/json" },
      "application/json",
      '"1s"',
    ],
    ["a plain value", { a: 1 }, {}, "application/json", '{"a":1}'],
    ["bytes", Buffer.from("b"), {}, "application/octet-stream", "b"],
    ["raw bytes of anything", Buffer.from("<p>"), { raw: true, contentType: "text/html" }, "text/html", "<p>"],
  ])("writes %s", (_name, value, options, contentType, text) => {
    const { headers, body } = publication<unknown>("greeted", value, options as object);
    expect([headers["content-type"], Buffer.from(body).toString()]).toEqual([contentType, text]);
  });

  it("rejects a value that does not fit with 400, and a content type that nobody knows", () => {
    expect(() => publication("greeted", { seconds: "soon" }, { type: duration as never })).toThrow(
      expect.objectContaining({ code: 400, detail: expect.stringContaining("message to topic greeted: ") }),
    );
    expect(() => publication("greeted", 1, { contentType: "text/html" })).toThrow(
      /Unsupported Content-Type: text\/html/,
    );
  });
});
