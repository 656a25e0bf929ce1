import { afterEach, describe, expect, it } from "vitest";
import type { ServiceDescription } from "../words/description.ts";
import { closeStack } from "../words/lifecycle.ts";
import { type Logger, silentLogger } from "../words/logger.ts";
import { createService, type ServiceOptions } from "./create-service.ts";
import { Debug } from "./gen/debug.ts";

const { request, response } = Debug.methods.health;
const Say = {
  name: "Say",
  fullName: "test.Say",
  methods: {
    count: { kind: "server-stream", name: "Count", request, response },
    collect: { kind: "client-stream", name: "Collect", request, response },
    chat: { kind: "duplex", name: "Chat", request, response },
  },
} satisfies ServiceDescription;

// What the decoders refuse is in their own tests; here it is what becomes of a whole service.
describe.each(["grpc", "mucp"])("a service that is asked by %s", (protocol) => {
  const argv = ["--registry=memory", "--log_level=error", `--server=${protocol}`];
  const inProcess = { argv, env: {}, noticeMs: 0, localCalls: "never" } as const;
  let open = closeStack();
  afterEach(async () => {
    await open.close();
    open = closeStack();
  });

  it("ends a stream of requests that never ends with the call's deadline, at both sides", async () => {
    const { service, say, ended } = await started();
    await expect(say.collect(forEver(), { timeoutMs: 2_000 })).rejects.toMatchObject({ code: 408 });
    await expect.poll(ended).toEqual(["aborted"]);
    await stillAnswers(service.name);
  });

  it("ends a stream of replies that never ends when its reader leaves", async () => {
    const { service, say, ended } = await started();
    for await (const { status } of say.count({})) if (status === "3") break;
    await expect.poll(ended).toEqual(["aborted"]);
    await stillAnswers(service.name);
  });

  it("holds no more of a stream that nobody reads than a window", async () => {
    const { say, made } = await started();
    const replies = say.count({})[Symbol.asyncIterator]();
    await replies.next();
    let before = -1;
    await expect
      .poll(
        () => {
          const still = made() === before;
          before = made();
          return still;
        },
        { interval: 100, timeout: 10_000 },
      )
      .toBe(true);
    await replies.return?.();
  });

  it("cuts off a stream that never ends when it stops, tells its caller, and says how many", async () => {
    const lines: string[] = [];
    const logger: Logger = { ...silentLogger, warn: (line: unknown) => void lines.push(String(line)) };
    const { service, say } = await started({ drainTimeoutMs: 50, logger });
    const replies = say.chat(forEver())[Symbol.asyncIterator]();
    await replies.next();
    const stopped = service.stop();
    const outcome = (async () => {
      for (let next = await replies.next(); !next.done; next = await replies.next());
    })();
    await expect(outcome).rejects.toMatchObject({ code: 503 });
    await stopped;
    expect(lines).toEqual(["1 calls were still running after 50 ms and are cut off"]);
  });

  async function started(options: Partial<ServiceOptions> = {}) {
    const service = open.use(
      createService({ ...inProcess, name: "go.micro.srv.say", drainTimeoutMs: 200, ...options }),
    );
    const ends: string[] = [];
    let made = 0;
    const ending = (signal: AbortSignal): void => signal.addEventListener("abort", () => ends.push("aborted"));
    service.handle(Say, {
      async *count(_request, { signal }) {
        ending(signal);
        while (!signal.aborted) yield { status: made++ < 3 ? String(made) : "x".repeat(10_000) };
      },
      async collect(requests, { signal }) {
        ending(signal);
        for await (const _ of requests);
        return {};
      },
      async *chat(requests) {
        for await (const { service: text } of requests) yield { status: text };
      },
    });
    await service.start();
    const caller = open.use(createService({ ...inProcess, name: "cli" }));
    return { service, say: caller.client(Say, service.name), ended: () => ends, made: () => made };
  }

  async function stillAnswers(name: string) {
    const caller = open.use(createService({ ...inProcess, name: "cli" }));
    expect(await caller.client(Debug, name).health({})).toEqual({ status: "ok" });
  }
});

it.each(["grpc", "mucp"])(
  "headers over 64 KiB are refused with 431 by %s, and the calls beside and after are served",
  async (server) => {
    const argv = ["--registry=memory", "--log_level=error", `--server=${server}`];
    const options = { argv, env: {}, noticeMs: 0, localCalls: "never" } as const;
    await using service = createService({ ...options, name: "srv" });
    await service.start();
    await using caller = createService({ ...options, name: "cli" });
    const { health } = caller.client(Debug, "srv");
    const large = (headers: number): Record<string, string> =>
      Object.fromEntries(Array.from({ length: headers }, (_, at) => [`x-large-${at}`, "x".repeat(4_000)]));
    // The first comes on a connection whose server has not said yet how much it takes.
    for (const headers of [18, 18, 100]) {
      const beside = health({});
      await expect(health({}, { metadata: large(headers) })).rejects.toMatchObject({ code: 431 });
      expect(await beside).toEqual({ status: "ok" });
      expect(await health({})).toEqual({ status: "ok" });
    }
  },
);

async function* forEver(): AsyncGenerator<{ service: string }, void, undefined> {
  for (;;) {
    yield { service: "more" };
    await new Promise((resolve) => setImmediate(resolve));
  }
}
