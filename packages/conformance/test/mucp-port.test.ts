import { readFileSync } from "node:fs";
import {
  type Client,
  createClient,
  createServer,
  grpc,
  legacyMucp,
  loadMessages,
  type MessageType,
  MicroError,
  mucp,
  type Protocol,
  type Selector,
  type Server,
} from "@micro/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const { files } = JSON.parse(
  readFileSync(new URL("../../core/src/codec/vectors/files.json", import.meta.url), "utf8"),
) as { files: string };

/** Of the fields those that this test sets. */
interface Scalars {
  aString: string;
  anInt64: bigint;
}

const scalars = (changes: Partial<Scalars>): Scalars => ({ aString: "", anInt64: 0n, ...changes });
const type = loadMessages(Buffer.from(files, "base64")).type("vectors.Scalars") as MessageType<Scalars>;
const sides = { request: type, response: type };
const say = {
  name: "Say",
  fullName: "vectors.Say",
  methods: {
    hello: { kind: "unary", name: "Hello", ...sides },
    fail: { kind: "unary", name: "Fail", ...sides },
    count: { kind: "server-stream", name: "Count", ...sides },
    join: { kind: "client-stream", name: "Join", ...sides },
    chat: { kind: "duplex", name: "Chat", ...sides },
  },
} as const;

const contentTypes = [
  "application/json",
  "application/protobuf",
  "application/grpc+proto",
  "application/grpc+json",
] as const;
const mucpTypes = ["application/json-rpc", "application/proto-rpc"] as const;

describe("one port for gRPC and mucp", () => {
  let server: Server;

  beforeAll(async () => {
    server = createServer({ name: "go.micro.srv.say", address: "127.0.0.1:0", protocols: [grpc, mucp] });
    server.handle(say, {
      hello: async ({ aString, anInt64 }) => ({ aString: `hello ${aString}`, anInt64: anInt64 + 1n }),
      async fail({ aString }) {
        throw new MicroError("go.micro.srv.say", 409, aString);
      },
      async *count({ anInt64 }) {
        for (let each = 0n; each < anInt64; each++) yield { anInt64: each };
      },
      async join(requests) {
        const all: string[] = [];
        for await (const { aString } of requests) all.push(aString);
        return { aString: all.join(",") };
      },
      async *chat(requests) {
        for await (const { aString } of requests) yield { aString: `re ${aString}` };
      },
    });
    await server.start();
  });
  afterAll(() => server.close());

  const protocols: readonly (readonly [Protocol, readonly string[]])[] = [
    [grpc, contentTypes],
    [mucp, [...contentTypes, ...mucpTypes]],
    [legacyMucp, [...contentTypes, ...mucpTypes]],
  ];
  const ways = protocols.flatMap(([protocol, types]) => types.map((each) => [protocol.name, each, protocol] as const));

  it.each(ways)("answers calls of every kind: %s in %s", async (_name, contentType, protocol) => {
    await using client = clientOf(protocol, server.address);
    const plan = (name: string) => ({ service: "go.micro.srv.say", endpoint: `Say.${name}`, ...sides, contentType });
    // Beyond what a JavaScript number holds.
    const big = 2n ** 62n;
    expect(await client.prepare(plan("Hello"))({ aString: "ünn", anInt64: big })).toMatchObject({
      aString: "hello ünn",
      anInt64: big + 1n,
    });
    await expect(client.prepare(plan("Fail"))(scalars({ aString: "no <b>" }))).rejects.toMatchObject({
      id: "go.micro.srv.say",
      code: 409,
      detail: "no <b>",
    });
    await expect(client.prepare(plan("Nope"))(scalars({}))).rejects.toMatchObject({ code: 404 });
    const stream = (
      name: string,
      kind: "server-stream" | "client-stream" | "duplex",
      ...requests: Partial<Scalars>[]
    ) => collect(client.prepareStream({ ...plan(name), kind })(each(requests.map(scalars))));
    expect((await stream("Count", "server-stream", { anInt64: 3n })).map(({ anInt64 }) => anInt64)).toEqual([
      0n,
      1n,
      2n,
    ]);
    const [a, b] = [{ aString: "a" }, { aString: "b" }];
    expect((await stream("Join", "client-stream", a, b)).map(({ aString }) => aString)).toEqual(["a,b"]);
    expect((await stream("Chat", "duplex", a, b)).map(({ aString }) => aString)).toEqual(["re a", "re b"]);
  });

  it("answers both at once", async () => {
    await using over = clientOf(grpc, server.address);
    await using under = clientOf(mucp, server.address);
    const replies = await Promise.all(
      Array.from({ length: 100 }, (_, index) => {
        const hello = (index % 2 === 0 ? over : under).of(say, "go.micro.srv.say").hello;
        return hello({ aString: String(index) });
      }),
    );
    expect(replies.map(({ aString }) => aString)).toEqual(replies.map((_, index) => `hello ${index}`));
  });
});

/** A client of one node, which speaks the protocol. */
function clientOf(protocol: Protocol, address: string): Client {
  const node = { id: address, address, metadata: { protocol: protocol.name } };
  const record = { name: "go.micro.srv.say", version: "latest", metadata: {}, endpoints: [], nodes: [node] };
  const selector = { select: () => () => ({ node, record }), mark: () => undefined } as unknown as Selector;
  return createClient({ selector, protocols: [protocol] });
}

async function* each<T>(values: readonly T[]): AsyncGenerator<T, void, undefined> {
  yield* values;
}

async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const value of values) all.push(value);
  return all;
}
