import { afterEach, describe, expect, it } from "vitest";
import { httpTransport } from "../transport/http/http.ts";
import type { Message } from "../transport/transport.ts";
import { MicroError, parseError } from "../words/errors.ts";
import { closeStack } from "../words/lifecycle.ts";
import { type Logger, silentLogger } from "../words/logger.ts";
import { createService, type ServiceOptions } from "./create-service.ts";
import type { Service } from "./service.ts";

const inProcess = { argv: ["--registry=memory", "--broker=memory", "--log_level=error"], env: {}, noticeMs: 0 };
const json = { "content-type": "application/json" };

describe("a message that comes to the port of a service", () => {
  let open = closeStack();
  afterEach(async () => {
    await open.close();
    open = closeStack();
  });

  it("goes to every subscriber of its topic and is answered when they are done, with its own headers", async () => {
    const got: unknown[] = [];
    const service = create();
    for (const queue of ["q", undefined]) {
      const options = queue === undefined ? {} : { queue };
      service.subscribe(
        "greeted",
        (message, { metadata, topic }) => void got.push([message, topic, metadata["x-trace"], queue]),
        options,
      );
    }
    service.subscribe("other", () => void got.push("wrong"));
    const answer = await sent(service, { ...json, "micro-topic": "greeted", "x-trace": "7" }, '{"name":"ann"}');
    expect(got).toEqual([
      [{ name: "ann" }, "greeted", "7", "q"],
      [{ name: "ann" }, "greeted", "7", undefined],
    ]);
    expect(answer.headers).toMatchObject({ "micro-topic": "greeted", "x-trace": "7" });
    expect(answer.headers["micro-error"]).toBeUndefined();
    expect(answer.body).toHaveLength(0);
  });

  it("is taken and forgotten when nobody subscribes to its topic, as in go-micro", async () => {
    const answer = await sent(create(), { ...json, "micro-topic": "nobody" }, "{}");
    expect(answer.headers["micro-error"]).toBeUndefined();
  });

  it("is answered with what a subscriber threw, which is told at home too; the others have it all the same", async () => {
    const lines: string[] = [];
    const told: string[] = [];
    const got: unknown[] = [];
    const logger: Logger = { ...silentLogger, error: (_fields: unknown, line?: string) => void lines.push(line ?? "") };
    const service = create({ logger });
    service.subscribe("t", () => Promise.reject(new MicroError("shop", 409, "sold out")));
    service.subscribe("t", () => Promise.reject(new Error("broken")), { onError: ({ message }) => told.push(message) });
    service.subscribe("t", (message) => void got.push(message));
    const answer = await sent(service, { ...json, "micro-topic": "t" }, "1");
    expect(parseError(answer.headers["micro-error"] ?? "")).toMatchObject({
      code: 409,
      detail: "subscriber error: sold out",
    });
    expect(lines).toEqual(["handler of topic t failed: subscriber error: sold out"]);
    expect(told).toEqual([expect.stringContaining("broken")]);
    expect(got).toEqual([1]);
  });

  it.each([
    ["a content type that nobody knows", { "content-type": "image/png" }, "x", 500],
    ["a body that is none of its type", json, "{", 400],
  ])("is refused with %s", async (_what, headers, body, code) => {
    const service = create();
    service.subscribe("t", () => undefined, { onError: () => undefined });
    const answer = await sent(service, { ...headers, "micro-topic": "t" }, body);
    expect(parseError(answer.headers["micro-error"] ?? "").code).toBe(code);
  });

  it("is taken for protobuf where it does not say what it is", async () => {
    const got: unknown[] = [];
    const service = create();
    service.subscribe("t", (bytes) => void got.push(bytes));
    await sent(service, { "micro-topic": "t" }, "\x08\x01");
    expect(got).toEqual([Buffer.from("\x08\x01")]);
  });

  function create(options: Partial<ServiceOptions> = {}): Service {
    return open.use(createService({ ...inProcess, name: "go.micro.srv.port", ...options }));
  }

  async function sent(service: Service, headers: Record<string, string>, body: string): Promise<Message> {
    await service.start();
    const socket = await httpTransport().dial(service.address.replace("[::]", "127.0.0.1"));
    await socket.send({ headers, body: Buffer.from(body) });
    const answer = await socket.receive();
    socket.close();
    if (!answer) throw new Error("the message was not answered");
    return answer;
  }
});
