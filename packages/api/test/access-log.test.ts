import { connect } from "node:net";
import { type CloseStack, closeStack, type Logger, type LogLevel, silentLogger } from "@micro/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ApiOptions, createApi } from "../src/index.ts";
import { type Fleet, startFleet } from "./fleet.ts";
import { send } from "./http.ts";

let open: CloseStack;
let fleet: Fleet;

beforeAll(async () => {
  open = closeStack();
  fleet = open.use(await startFleet());
});
afterAll(() => open.close());

/** A logger that hands each line at `info` to whoever waits for it. */
function listening(level: LogLevel): { logger: Logger; lines: string[]; line(): Promise<string> } {
  const lines: string[] = [];
  let told: (line: string) => void = () => undefined;
  const info = (text: string | object): void => {
    lines.push(String(text));
    told(String(text));
  };
  const logger: Logger = { ...silentLogger, level, info };
  return { logger, lines, line: () => new Promise((resolve) => (told = resolve)) };
}

async function start(logger: Logger, options: ApiOptions = {}): Promise<string> {
  const api = open.use(createApi({ client: fleet.user.rawClient, logger }, { address: "127.0.0.1:0", ...options }));
  await api.start();
  return api.address;
}

test("each request is one line: peer, request, status, bytes, referer, agent, time, endpoint, id", async () => {
  const { logger, line } = listening("info");
  const address = await start(logger);
  const written = line();
  const headers = { "user-agent": 'curl "x"', referer: "http://r?code=1", "x-request-id": "id-1" };
  await send(address, "/user/say/echo?name=a&token=hidden", { headers });
  expect(await written).toMatch(
    /^127\.0\.0\.1 "GET \/user\/say\/echo\?name=a&token=\*{3} HTTP\/1\.1" 200 \d+ "http:\/\/r\?code=\*{3}" "curl \\"x\\"" \d+\.\dms go\.micro\.api\.user Say\.Echo id-1$/,
  );
});

test("nothing is written while the level is above info, and the level may change", async () => {
  const { logger, lines, line } = listening("warn");
  const address = await start(logger);
  await send(address, "/user");
  logger.level = "info";
  const written = line();
  await send(address, "/none/a/b");
  expect(await written).toMatch(/ "GET \/none\/a\/b HTTP\/1\.1" 404 \d+ "-" "-" /);
  expect(lines).toHaveLength(1);
});

test("it can be turned off, and names the client behind a trusted proxy", async () => {
  const quiet = listening("info");
  await send(await start(quiet.logger, { accessLog: false }), "/user");
  expect(quiet.lines).toEqual([]);
  const { logger, line } = listening("info");
  const address = await start(logger, { trustedProxies: ["127.0.0.1"] });
  const written = line();
  await send(address, "/", { headers: { "x-forwarded-for": "203.0.113.9" } });
  expect(await written).toMatch(/^203\.0\.113\.9 "GET \/ HTTP\/1\.1" 200 \d+ "-" "-" \d+\.\dms - - \S+$/);
});

test("a peer that went away before its answer is logged as 499", async () => {
  const { logger, line } = listening("info");
  const address = await start(logger);
  const written = line();
  const began = fleet.slowBegan();
  const [host, port] = address.split(":");
  const socket = connect(Number(port), host);
  socket.write("GET /user/say/slow HTTP/1.1\r\nHost: x\r\n\r\n");
  await began;
  socket.destroy();
  expect(await written).toMatch(/^127\.0\.0\.1 "GET \/user\/say\/slow HTTP\/1\.1" 499 0 /);
});
