import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { grpc } from "../grpc/grpc.ts";
import type { MessageType, ServiceDescription } from "../words/description.ts";
import { badRequest } from "../words/errors.ts";
import { closeStack } from "../words/lifecycle.ts";
import { createServer, type ServerOptions } from "./create-server.ts";

describe("a server", () => {
  let open = closeStack();
  afterEach(async () => {
    await open.close();
    open = closeStack();
  });

  it("answers calls, in either content type, with the handler's reply", async () => {
    const { call } = await started({ hello: async ({ name }) => ({ text: `hello ${name}` }) });
    expect(await call("Say.Hello", '{"name":"ann"}')).toBe('{"text":"hello ann"}');
    expect(await call("Say.Hello", '{"name":"bob"}', "application/json")).toBe('{"text":"hello bob"}');
  });

  it("answers 400 to a request that cannot be decoded, saying what was wrong, and logs nothing", async () => {
    const { call, logged } = await started({ hello: async () => ({ text: "" }) });
    await expect(call("Say.Hello", '{"name":')).rejects.toMatchObject({
      code: 400,
      detail: expect.stringMatching(/^request of Say\.Hello: /),
    });
    expect(logged).toEqual([]);
  });

  it("passes a handler's MicroError on as it is", async () => {
    const { call, logged } = await started({
      hello: async () => {
        throw badRequest("go.micro.srv.greeter", "Name cannot be blank");
      },
    });
    const error = { id: "go.micro.srv.greeter", code: 400, detail: "Name cannot be blank", status: "Bad Request" };
    await expect(call("Say.Hello", "{}")).rejects.toMatchObject(error);
    expect(logged).toEqual([]);
  });

  it.each([
    [
      "throws",
      () => {
        throw new TypeError("x is not a function");
      },
    ],
    ["rejects", () => Promise.reject(new TypeError("x is not a function"))],
  ])(
    "answers 500 under the service's name when a handler %s by mistake, and logs it with its stack",
    async (_how, hello) => {
      const { call, logged } = await started({ hello });
      await expect(call("Say.Hello", "{}")).rejects.toMatchObject({
        id: "go.micro.srv.greeter",
        code: 500,
        detail: "x is not a function",
      });
      expect(logged).toMatchObject([
        [{ endpoint: "Say.Hello", err: expect.any(TypeError) }, expect.stringContaining("x is not a function")],
      ]);
    },
  );

  it("answers 500 naming the endpoint when a reply cannot be encoded", async () => {
    const circular: { text: unknown } = { text: 1 };
    circular.text = circular;
    const { call } = await started({ hello: async () => circular as never });
    await expect(call("Say.Hello", "{}")).rejects.toMatchObject({
      code: 500,
      detail: expect.stringMatching(/^reply of Say\.Hello: /),
    });
  });

  it("takes nothing returned for an empty message", async () => {
    const { call } = await started({ hello: async () => undefined as never });
    expect(await call("Say.Hello", "{}")).toBe("{}");
  });

  it("runs middleware around handlers, the first outermost", async () => {
    const steps: string[] = [];
    const step =
      (name: string): NonNullable<ServerOptions["middleware"]>[number] =>
      (next, { name: endpoint }) =>
      async (request, context) => {
        steps.push(`${name} before ${endpoint}`);
        const reply = await next(request, context);
        steps.push(`${name} after`);
        return reply;
      };
    const { call } = await started(
      { hello: async () => ({ text: "" }) },
      { middleware: [step("outer"), step("inner")] },
    );
    await call("Say.Hello", "{}");
    expect(steps).toEqual(["outer before Say.Hello", "inner before Say.Hello", "inner after", "outer after"]);
  });

  it("says at once which handler is missing or comes twice", () => {
    const server = createServer({ protocols: [grpc] });
    expect(() => server.handle(Say, {} as never)).toThrow("handlers of Say lack a function hello for Say.Hello");
    server.handle(Say, { hello: async () => ({ text: "" }) });
    expect(() => server.handle(Say, { hello: async () => ({ text: "" }) })).toThrow("handler Say was added twice");
  });

  it("tells the registry its name, version, endpoints and how to reach it, and keeps internal handlers to itself", async () => {
    const server = open.use(
      createServer({
        name: "go.micro.srv.greeter",
        id: "1",
        address: "127.0.0.1:0",
        protocols: [grpc],
        registryName: "memory",
        metadata: { zone: "a", protocol: "x" },
      }),
    );
    server.handle(Say, { hello: async () => ({ text: "" }) });
    server.handle({ ...Say, name: "Debug" }, { hello: async () => ({ text: "" }) }, { internal: true });
    expect(() => server.record()).toThrow("no address before start");
    await server.start();
    expect(server.record()).toMatchObject({
      name: "go.micro.srv.greeter",
      version: "latest",
      endpoints: [{ name: "Say.Hello" }],
      nodes: [
        {
          id: "go.micro.srv.greeter-1",
          address: server.address,
          metadata: { zone: "a", protocol: "grpc", server: "grpc", transport: "grpc", registry: "memory" },
        },
      ],
    });
    expect(server.record().endpoints).toHaveLength(1);
  });

  it("rejects with one clear sentence when the port is in use", async () => {
    const first = open.use(createServer({ address: "127.0.0.1:0", protocols: [grpc] }));
    await first.start();
    const second = open.use(createServer({ address: first.address, protocols: [grpc] }));
    await expect(second.start()).rejects.toMatchObject({
      name: "ConfigError",
      message: `cannot listen on ${first.address}: the port is in use`,
    });
  });

  it("drops a connection whose first bytes nobody knows, and one that stays silent", async () => {
    const { address } = await started({ hello: async () => ({ text: "" }) }, { headTimeoutMs: 50 });
    await closedByPeer(address, "GET / HTTP/1.1\r\n\r\n");
    await closedByPeer(address, "");
    await closedByPeer(address, "PRI * HT");
  });

  it("answers a preface that comes byte by byte", async () => {
    const { address } = await started({ hello: async () => ({ text: "" }) });
    const socket = connect(Number(address.split(":")[1]), "127.0.0.1");
    const answered = new Promise<Buffer>((resolve, reject) => {
      socket.once("data", resolve);
      socket.once("close", () => reject(new Error("closed")));
    });
    socket.setNoDelay(true);
    for (const byte of Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0", "latin1")) {
      await new Promise<void>((resolve) => socket.write(Buffer.of(byte), () => setImmediate(resolve)));
    }
    expect((await answered)[3]).toBe(4); // a SETTINGS frame
    socket.destroy();
  });

  it("finishes calls in flight in a drain, and says how many it had to cut off", async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const arrived: string[] = [];
    const { call, server } = await started({
      hello: async ({ name }) => {
        arrived.push(name);
        if (name === "held") await held;
        else await new Promise(() => undefined);
        return { text: "done" };
      },
    });
    const finishing = call("Say.Hello", '{"name":"held"}');
    const stuck = call("Say.Hello", '{"name":"stuck"}');
    const outcome = expect(stuck).rejects.toMatchObject({ code: 503 });
    await expect.poll(() => arrived.length).toBe(2);
    const drained = server.drain(200);
    release();
    expect(await finishing).toBe('{"text":"done"}');
    expect(await drained).toBe(1);
    await server.close();
    await outcome;
  });

  async function started(
    handlers: { hello(request: { name: string }): Promise<{ text: string }> },
    options: Partial<ServerOptions> = {},
  ) {
    const logged: unknown[] = [];
    const logger = { ...noLog, error: (...line: unknown[]) => void logged.push(line) };
    const server = open.use(
      createServer({ name: "go.micro.srv.greeter", address: "127.0.0.1:0", protocols: [grpc], logger, ...options }),
    );
    server.handle(Say, handlers);
    await server.start();
    const connection = open.use(grpc.connect(server.address));
    const call = async (endpoint: string, body: string, contentType = "application/grpc+proto") => {
      const target = { service: "go.micro.srv.greeter", endpoint, kind: "unary", contentType } as const;
      const deadline = Date.now() + 10_000;
      const reply = await connection.unary(
        { target, metadata: {}, deadline, timeoutMs: 10_000, signal: undefined },
        Buffer.from(body),
      );
      return Buffer.from(reply).toString();
    };
    return { call, server, logged, address: server.address };
  }
});

/** Resolves when the server ends the connection. */
async function closedByPeer(address: string, firstBytes: string): Promise<void> {
  const socket = connect(Number(address.split(":")[1]), "127.0.0.1");
  await new Promise<void>((resolve, reject) => {
    socket.on("error", reject);
    socket.on("close", () => resolve());
    socket.resume();
    socket.write(firstBytes);
  });
}

// Messages whose bytes are their JSON, so that a test reads what goes over the wire.
function jsonMessage<T>(name: string): MessageType<T> {
  return {
    name,
    fields: [],
    encode: (value) => Buffer.from(JSON.stringify(value)),
    decode: (bytes) => JSON.parse(Buffer.from(bytes).toString()) as T,
    toJson: (value) => value,
    fromJson: (json) => json as T,
  };
}

const Say = {
  name: "Say",
  fullName: "greeter.Say",
  methods: {
    hello: {
      kind: "unary",
      name: "Hello",
      request: jsonMessage<{ name: string }>("greeter.Request"),
      response: jsonMessage<{ text: string }>("greeter.Response"),
    },
  },
} satisfies ServiceDescription;

const nothing = (): void => undefined;
const noLog = {
  level: "info" as const,
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  fatal: nothing,
  child: () => noLog,
  flush: async () => undefined,
};
