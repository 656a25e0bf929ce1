import { freePort, type RunningProcess } from "@micro/testbed";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { get } from "./http.ts";
import { sampleAnswer, samplePath, startGateway, startProgram } from "./programs.ts";

describe("the user sample on mDNS", () => {
  const running: RunningProcess[] = [];
  let url: string;

  beforeAll(async () => {
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const srv = await startProgram("user-srv");
    running.push(srv);
    await srv.waitForLine(/Registering node/);
    const api = await startProgram("user-api");
    running.push(api);
    await api.waitForLine(/Registering node/);
    running.push(await startGateway(port));
  });

  afterAll(async () => {
    for (const each of running.reverse()) await each.stop();
  });

  it("answers the curl line of the README byte for byte", async () => {
    expect(await get(url + samplePath)).toEqual({ status: 200, body: sampleAnswer });
  });

  it("names service, address and registry in its first lines, with time, file and level", () => {
    const lines = (running[0]?.output() ?? "").split("\n");
    const line = (text: string): RegExp =>
      new RegExp(`^\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d file=\\S+\\.ts:\\d+ level=info ${text}$`);
    expect(lines[0]).toMatch(line("Starting \\[service\\] go\\.micro\\.srv\\.user"));
    expect(lines[1]).toMatch(line("Server \\[grpc\\] Listening on \\[::\\]:\\d+"));
    expect(lines[2]).toMatch(line("Registry \\[mdns\\] Registering node: go\\.micro\\.srv\\.user-[0-9a-f-]{36}"));
  });

  it("logs each request where it was written", () => {
    expect(running[1]?.output()).toMatch(
      /file=handler\/say\.handler\.ts:\d+ level=info Received Say\.Hello API request/,
    );
    expect(running[0]?.output()).toMatch(
      /file=handler\/user\.handler\.ts:\d+ level=info Received User\.QueryUserByName request/,
    );
  });

  it("lets user-client find user-srv, print the answer and end", async () => {
    const client = await startProgram("user-client", ["huohuo"]);
    expect(await client.exited).toEqual({ code: 0, signal: null });
    expect(client.output()).toContain("id=123 name=huohuo pwd=dslhgfoif40u9b9");
  });

  it.each(["/user/say/hello", "/user/say/hello?name="])("answers 400 with go-micro's error to %s", async (path) => {
    const { status, body } = await get(url + path);
    expect(status).toBe(400);
    expect(body).toBe('{"id":"go.micro.api.user","code":400,"detail":"Name cannot be blank","status":"Bad Request"}');
  });

  it("writes JSON lines on request", async () => {
    const srv = await startProgram("user-srv", ["--log_format=json", "--log-level=debug"]);
    const [line] = (await srv.waitForLine(/Registering node/)).split("\n");
    expect(JSON.parse(line ?? "")).toMatchObject({
      level: "info",
      msg: expect.stringContaining("Registry [mdns] Registering node"),
    });
    await srv.stop();
  });

  it("goes away from the registry and ends with 0 on SIGTERM", async () => {
    for (const each of running.splice(0).reverse()) {
      process.kill(each.pid, "SIGTERM");
      expect(await each.exited).toEqual({ code: 0, signal: null });
    }
    const client = await startProgram("user-client", ["huohuo"]);
    expect(await client.exited).toEqual({ code: 1, signal: null });
    expect(client.output()).toContain("service go.micro.srv.user not found in registry mdns");
  });
});
