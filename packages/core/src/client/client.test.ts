import { afterEach, describe, expect, it } from "vitest";
import type { OutgoingCall, Protocol } from "../protocol/protocol.ts";
import { memoryRegistry } from "../registry/memory.ts";
import { registrySelector } from "../selector/registry-selector.ts";
import type { Selector } from "../selector/selector.ts";
import { MicroError, unavailable } from "../words/errors.ts";
import { closeStack } from "../words/lifecycle.ts";
import type { CallOptions, Client } from "./client.ts";
import { type ClientOptions, createClient } from "./create-client.ts";
import { retryLikeGoMicro } from "./retry.ts";

type Answer = (address: string, call: OutgoingCall, body: Uint8Array) => Promise<Uint8Array>;

describe("a client", () => {
  let open = closeStack();
  afterEach(async () => {
    await open.close();
    open = closeStack();
  });

  it("takes the next node when the first refuses the connection", async () => {
    const { call, attempts } = await clientOf(["a:1", "b:1"], async (address) => {
      if (attempts.length === 1) throw refused;
      return text(address);
    });
    expect(await call()).not.toBe(attempts[0]);
    expect(attempts).toHaveLength(2);
  });

  it("leaves a node that refused out of the calls that follow", async () => {
    const { call, attempts } = await clientOf(["a:1", "b:1"], async (address) => {
      if (address === "a:1") throw refused;
      return text(address);
    });
    for (let round = 0; round < 5; round++) await call();
    expect(attempts.filter((address) => address === "a:1")).toHaveLength(1);
  });

  it("counts calls and retries, and tells of each retry what it follows", async () => {
    const retries: unknown[] = [];
    const { call, client, attempts } = await clientOf(
      ["a:1", "b:1"],
      async (address) => {
        if (attempts.length === 1) throw refused;
        return text(address);
      },
      { onRetry: (retry) => retries.push(retry) },
    );
    await call();
    await call();
    expect(client.stats()).toEqual({ calls: 2, retries: 1 });
    expect(retries).toEqual([{ service: "go.micro.srv.greeter", endpoint: "Say.Hello", attempt: 2, error: refused }]);
  });

  it("speaks with an address what it is told to, else the first protocol", async () => {
    const spoken: (string | undefined)[] = [];
    const protocols = ["one", "two"].map((name) =>
      named(name, async () => {
        spoken.push(name);
        return text(name);
      }),
    );
    for (const protocol of [undefined, "two"]) {
      const { call } = await clientOf([], async () => text(""), { protocols, ...(protocol && { protocol }) });
      await call({ address: "x:1" });
    }
    expect(spoken).toEqual(["one", "two"]);
  });

  it("neither repeats nor blames a node for a call that no node would take", async () => {
    const tooLarge = new MicroError("go.micro.client", 413, "too large", { unprocessed: true });
    const { call, attempts } = await clientOf(["a:1", "b:1"], async () => Promise.reject(tooLarge));
    await expect(call()).rejects.toBe(tooLarge);
    await expect(call()).rejects.toBe(tooLarge);
    expect(attempts).toHaveLength(2);
    expect(new Set(attempts).size).toBe(2); // in turn, neither of them left out
  });

  it("does not repeat a call that may have run", async () => {
    const { call, attempts } = await clientOf(["a:1", "b:1"], async () => Promise.reject(dropped));
    await expect(call()).rejects.toBe(dropped);
    expect(attempts).toHaveLength(1);
  });

  it("repeats a call that may have run when the endpoint is idempotent, at another node", async () => {
    const { call, attempts } = await clientOf(["a:1", "b:1"], async (address) => {
      if (attempts.length === 1) throw dropped;
      return text(address);
    });
    expect(await call({ idempotent: true })).not.toBe(attempts[0]);
    expect(attempts).toHaveLength(2);
  });

  it.each([400, 404, 408, 500, 503])("never repeats an answer with code %i, idempotent or not", async (code) => {
    const answer = new MicroError("go.micro.client", code, "no", { answered: true });
    const { call, attempts } = await clientOf(["a:1", "b:1"], async () => Promise.reject(answer));
    await expect(call({ idempotent: true })).rejects.toBe(answer);
    expect(attempts).toHaveLength(1);
  });

  it.each([
    [500, 2],
    [408, 2],
    [503, 1],
    [404, 1],
  ])("with go-micro's rule makes, on code %i, %i attempts", async (code, expected) => {
    const answer = new MicroError("go.micro.srv.greeter", code, "no");
    const { call, attempts } = await clientOf(["a:1"], async () => Promise.reject(answer), { retry: retryLikeGoMicro });
    await expect(call()).rejects.toBe(answer);
    expect(attempts).toHaveLength(expected);
  });

  it("has a retry left for a node that goes, after one was found gone before it took the call", async () => {
    const outcomes = [refused, dropped, undefined];
    const { call, attempts } = await clientOf(["a:1", "b:1", "c:1"], async (address) => {
      const failure = outcomes[attempts.length - 1];
      if (failure) throw failure;
      return text(address);
    });
    await call({ idempotent: true });
    expect(new Set(attempts).size).toBe(3);
  });

  it("tries one node more than retries say where none took the call, and none more without retries", async () => {
    const nodes = ["a:1", "b:1", "c:1", "d:1", "e:1"];
    const { call, attempts } = await clientOf(nodes, async () => Promise.reject(refused));
    await expect(call({ retries: 1 })).rejects.toBe(refused);
    expect(attempts).toHaveLength(3);
    await expect(call({ retries: 0 })).rejects.toBe(refused);
    expect(attempts).toHaveLength(4);
  });

  it("makes as many attempts as retries allow, and one without", async () => {
    const { call, attempts } = await clientOf(["a:1"], async () => Promise.reject(refused), {
      backoff: { baseMs: 1, maxMs: 1 },
    });
    await expect(call({ retries: 3 })).rejects.toBe(refused);
    expect(attempts).toHaveLength(4);
    await expect(call({ retries: 0 })).rejects.toBe(refused);
    expect(attempts).toHaveLength(5);
  });

  it("gives up early when the deadline leaves no room for the pause before the next attempt", async () => {
    const { call, attempts } = await clientOf(["a:1"], async () => Promise.reject(refused), {
      backoff: { baseMs: 60_000, maxMs: 60_000 },
    });
    await expect(call({ retries: 5, timeoutMs: 1_000 })).rejects.toBe(refused);
    expect(attempts).toHaveLength(2); // the first retry comes without a pause
  });

  it("spends one deadline on all attempts and tells it to each", async () => {
    const seen: OutgoingCall[] = [];
    const { call } = await clientOf(["a:1"], async (_address, outgoing) => {
      seen.push(outgoing);
      throw refused;
    });
    await expect(call({ timeoutMs: 2_000 })).rejects.toBe(refused);
    expect(seen).toHaveLength(2);
    expect(seen[1]?.deadline).toBe(seen[0]?.deadline);
    expect(seen.map(({ timeoutMs }) => timeoutMs)).toEqual([2_000, 2_000]);
  });

  it("takes the earlier of its own timeout and the deadline handed down", async () => {
    const deadline = Date.now() + 500;
    const { call } = await clientOf(["a:1"], async (_address, outgoing) => text(String(outgoing.deadline)));
    expect(await call({ timeoutMs: 60_000, deadline })).toBe(String(deadline));
  });

  it("answers 408 when the lookup outlasts the deadline, and 499 when the caller gives up during it", async () => {
    const stuck = { ...silentSelector, select: () => new Promise<never>(() => undefined) };
    const client = open.use(createClient({ selector: stuck, protocols: [] }));
    const call = client.prepare({ service: "s", endpoint: "A.B" });
    await expect(call({}, { timeoutMs: 20 })).rejects.toMatchObject({ code: 408 });
    await expect(call({}, { signal: AbortSignal.timeout(20) })).rejects.toMatchObject({ code: 499 });
  });

  it("answers 404 naming service and registry when nobody offers the service", async () => {
    const { client } = await clientOf([], async () => text(""));
    const call = client.prepare({ service: "go.micro.srv.nobody", endpoint: "A.B" });
    await expect(call({})).rejects.toMatchObject({
      code: 404,
      detail: "service go.micro.srv.nobody not found in registry memory",
    });
  });

  it("goes past nodes that speak what it does not, and says so when there is no other", async () => {
    const { call, add } = await clientOf([], async (address) => text(address));
    await add("a:1", { protocol: "carrier-pigeon" });
    await expect(call()).rejects.toMatchObject({ code: 503, detail: expect.stringContaining("carrier-pigeon") });
    await add("b:1", { protocol: "test" });
    await expect.poll(() => call().catch(() => "")).toBe("b:1");
  });

  it("calls the address it is told and asks no registry", async () => {
    const client = open.use(
      createClient({ selector: silentSelector, protocols: [named("grpc", async (address) => text(address))] }),
    );
    const call = client.prepare<unknown, Uint8Array>({ service: "s", endpoint: "A.B", raw: true });
    expect(Buffer.from(await call(text("x"), { address: "c:1" })).toString()).toBe("c:1");
    await expect(call(text("x"), { address: [] })).rejects.toMatchObject({ code: 400 });
  });

  it("sends its own metadata with the call's over it", async () => {
    const { call } = await clientOf(["a:1"], async (_address, { metadata }) => text(JSON.stringify(metadata)), {
      metadata: { a: "1", b: "1" },
    });
    expect(JSON.parse(await call({ metadata: { b: "2" } }))).toEqual({ a: "1", b: "2" });
    expect(JSON.parse(await call())).toEqual({ a: "1", b: "1" });
  });

  it("runs middleware around the whole call, the first outermost", async () => {
    const steps: string[] = [];
    const step =
      (name: string): NonNullable<ClientOptions["middleware"]>[number] =>
      (next, plan) =>
      async (request, options) => {
        steps.push(`${name} before ${plan.endpoint}`);
        const reply = await next(request, options);
        steps.push(`${name} after`);
        return reply;
      };
    const { call } = await clientOf(["a:1"], async () => text("x"), { middleware: [step("outer"), step("inner")] });
    await call();
    expect(steps).toEqual(["outer before Say.Hello", "inner before Say.Hello", "inner after", "outer after"]);
  });

  it("turns a request that cannot be encoded into 400 before anything is sent", async () => {
    const { client, attempts } = await clientOf(["a:1"], async () => text("{}"));
    const call = client.prepare({ service: "go.micro.srv.greeter", endpoint: "Say.Hello" });
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    await expect(call(circular)).rejects.toMatchObject({ code: 400, id: "go.micro.client.codec" });
    expect(attempts).toEqual([]);
  });

  it("turns a reply that cannot be decoded into 500", async () => {
    const { client } = await clientOf(["a:1"], async () => text("{"));
    const call = client.prepare({ service: "go.micro.srv.greeter", endpoint: "Say.Hello" });
    await expect(call({})).rejects.toMatchObject({ code: 500, id: "go.micro.client.codec" });
  });

  it("refuses a content type that no codec answers to when the call is prepared", () => {
    const client = open.use(createClient({ selector: silentSelector, protocols: [] }));
    expect(() => client.prepare({ service: "s", endpoint: "A.B", contentType: "text/x" })).toThrow(
      "Unsupported Content-Type: text/x",
    );
  });

  it("opens a stream at the next node when the first refuses, and sends it every message", async () => {
    const { client, attempts } = await clientOf(["a:1", "b:1"], async (_address, _call, body) => {
      if (attempts.length === 1) throw refused;
      return body;
    });
    expect(await texts(echo(client)(messages("1", "2", "3")))).toEqual(["1", "2", "3"]);
    expect(new Set(attempts.slice(1)).size).toBe(1);
    expect(attempts[0]).not.toBe(attempts[1]);
  });

  it("opens a stream at the third node when two refuse, and at none without retries", async () => {
    const { client, attempts } = await clientOf(["a:1", "b:1", "c:1"], async (address) => {
      if (attempts.length <= 2) throw refused;
      return text(address);
    });
    expect(await texts(echo(client)(messages("x")))).toEqual([attempts[2]]);
    expect(new Set(attempts).size).toBe(3);
    attempts.length = 0;
    await expect(texts(echo(client)(messages("x"), { retries: 0 }))).rejects.toBe(refused);
    expect(attempts).toHaveLength(1);
  });

  it("does not move a stream to another node once more than its first message is sent or a reply has come", async () => {
    const { client, attempts } = await clientOf(["a:1", "b:1"], async (_address, _call, body) => {
      if (attempts.length > 1) throw refused;
      return body;
    });
    await expect(texts(echo(client)(messages("1", "2")))).rejects.toBe(refused);
    expect(attempts).toHaveLength(2);
  });

  it("lets the maker of a stream's messages know when the stream is over", async () => {
    const { client } = await clientOf(["a:1"], async (_address, _call, body) => body);
    let over = false;
    async function* endless() {
      try {
        for (;;) yield text("x");
      } finally {
        over = true;
      }
    }
    for await (const _reply of echo(client)(endless())) break;
    await expect.poll(() => over).toBe(true);
  });

  it("gives replies that are asked for all at once one after the other", async () => {
    const { client } = await clientOf(["a:1"], async (_address, _call, body) => body);
    const replies = echo(client)(messages("1", "2", "3"))[Symbol.asyncIterator]();
    const asked = await Promise.all(Array.from({ length: 5 }, () => replies.next()));
    expect(asked.map(({ done, value }) => (done ? "end" : Buffer.from(value).toString()))).toEqual([
      ...["1", "2", "3"],
      ...["end", "end"],
    ]);
  });

  it("cancels a stream that is left while a reply is waited for", async () => {
    let asked = false;
    let cancelled = false;
    const silent = named("test", async () => text(""));
    const protocol: Protocol = {
      ...silent,
      connect: (address) => ({
        ...silent.connect(address),
        stream: () => ({ [Symbol.asyncIterator]: () => iterator }),
      }),
    };
    let leave = (_end: IteratorResult<Uint8Array>): void => undefined;
    const iterator: AsyncIterator<Uint8Array> = {
      next: () =>
        new Promise((resolve) => {
          asked = true;
          leave = resolve;
        }),
      async return() {
        cancelled = true;
        leave({ done: true, value: undefined });
        return { done: true, value: undefined };
      },
    };
    const { client } = await clientOf(["a:1"], async () => text(""), { protocols: [protocol] });
    const replies = echo(client)(messages("x"))[Symbol.asyncIterator]();
    const waiting = replies.next();
    await expect.poll(() => asked).toBe(true);
    await replies.return?.();
    expect(cancelled).toBe(true);
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(await replies.next()).toEqual({ done: true, value: undefined });
  });

  it("begins no stream that was left before anybody looked at it", async () => {
    const { client, attempts } = await clientOf(["a:1"], async (_address, _call, body) => body);
    const replies = echo(client)(messages("x"))[Symbol.asyncIterator]();
    await replies.return?.();
    expect(await replies.next()).toEqual({ done: true, value: undefined });
    expect(attempts).toEqual([]);
    expect(client.stats().calls).toBe(0);
  });

  it("gives streams no deadline of its own", async () => {
    const { client } = await clientOf(["a:1"], async (_address, { deadline }) => text(String(deadline)));
    expect(await texts(echo(client)(messages("x")))).toEqual(["Infinity"]);
  });

  function echo(client: Client) {
    return client.prepareStream<Uint8Array, Uint8Array>({
      service: "go.micro.srv.greeter",
      endpoint: "Say.Echo",
      raw: true,
    });
  }

  async function clientOf(addresses: readonly string[], answer: Answer, options: Partial<ClientOptions> = {}) {
    const attempts: string[] = [];
    const registry = open.use(memoryRegistry());
    const add = (address: string, metadata: Record<string, string>) =>
      registry.register({
        name: "go.micro.srv.greeter",
        version: "latest",
        metadata: {},
        endpoints: [],
        nodes: [{ id: address, address, metadata }],
      });
    for (const address of addresses) await add(address, { protocol: "test" });
    const selector = open.use(registrySelector({ registry }));
    const protocol = named("test", (address, outgoing, body) => {
      attempts.push(address);
      return answer(address, outgoing, body);
    });
    const client = open.use(createClient({ selector, protocols: [protocol], ...options }));
    const raw = client.prepare<Uint8Array, Uint8Array>({
      service: "go.micro.srv.greeter",
      endpoint: "Say.Hello",
      raw: true,
    });
    const call = async (callOptions?: CallOptions) => Buffer.from(await raw(text(""), callOptions)).toString();
    return { client, call, attempts, add };
  }
});

const refused = unavailable("go.micro.client", "refused", { unprocessed: true });
const dropped = unavailable("go.micro.client", "connection dropped");

/** A protocol in this process whose every address answers through `answer`. */
function named(name: string, answer: Answer): Protocol {
  const close = async () => undefined;
  return {
    name,
    connect: (address) => ({
      unary: (call, body) => answer(address, call, body),
      // One answer for each message, from the same function as unary calls.
      async *stream(call, messages) {
        for await (const message of messages) yield await answer(address, call, message);
      },
      close,
      [Symbol.asyncDispose]: close,
    }),
    serve: () => {
      throw new Error("this protocol only calls");
    },
  };
}

const silentSelector: Selector = {
  select: () => {
    throw new Error("asked without need");
  },
  mark: () => undefined,
  close: async () => undefined,
  [Symbol.asyncDispose]: async () => undefined,
};

async function* messages(...all: string[]) {
  for (const each of all) yield text(each);
}

async function texts(replies: AsyncIterable<Uint8Array>): Promise<string[]> {
  const all: string[] = [];
  for await (const reply of replies) all.push(Buffer.from(reply).toString());
  return all;
}

function text(value: string): Uint8Array {
  return Buffer.from(value);
}
