import { describe, expect, it } from "vitest";
import { type Logger, silentLogger } from "../words/logger.ts";
import { createService } from "./create-service.ts";

describe("--broker_dialect", () => {
  it.each([
    [[], {}, ["micro.http.broker"]],
    [["--broker_dialect=v1"], {}, ["go.micro.http.broker"]],
    [["--broker_dialect=both"], {}, ["go.micro.http.broker", "micro.http.broker"]],
    [[], { MICRO_BROKER_DIALECT: "BOTH" }, ["go.micro.http.broker", "micro.http.broker"]],
  ])("%j with %j makes subscribers known as %j, and published messages reach them", async (flags, env, known) => {
    await using service = createService({
      name: "srv",
      address: "127.0.0.1:0",
      argv: ["--registry=memory", "--log_level=error", ...flags],
      env,
      noticeMs: 0,
    });
    const got: unknown[] = [];
    await service.subscribe("greeted", (message) => void got.push(message)).start();
    const names = (await service.registry.listServices()).map(({ name }) => name);
    expect(names.filter((name) => name.includes("broker")).sort()).toEqual(known);
    await service.publish("greeted", "hello");
    await expect.poll(() => got).toEqual(["hello"]);
  });

  it("has no effect on another broker, and the log says so", async () => {
    const lines: unknown[] = [];
    const logger: Logger = { ...silentLogger, warn: (line: unknown) => void lines.push(line) };
    const argv = ["--registry=memory", "--broker=memory", "--broker-dialect=both"];
    await using service = createService({ name: "srv", address: "127.0.0.1:0", argv, env: {}, noticeMs: 0, logger });
    await service.start();
    expect(lines).toEqual(["--broker-dialect is about the broker http and has no effect on memory"]);
  });
});
