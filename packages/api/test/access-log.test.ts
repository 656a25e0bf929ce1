import { connect } from "node:net";
import { type CloseStack, closeStack, type Logger, type LogLevel, silentLogger } from "@micro/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createApi } from "../src/index.ts";
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

async function start(logger: Logger): Promise<string> {
  const api = open.use(createApi({ client: fleet.user.rawClient, logger }, { address: "127.0.0.1:0" }));
  await api.start();
  return api.address;
}

test("each request is one line: peer, request, status, bytes, referer, agent, time", async () => {
  const { logger, line } = listening("info");
  const address = await start(logger);
  const written = line();
  await send(address, "/user/say/hello?name=a", { headers: { "user-agent": 'curl "x"', referer: "http://r" } });
  expect(await written).toMatch(
    /^127\.0\.0\.1 "GET \/user\/say\/hello\?name=a HTTP\/1\.1" 200 17 "http:\/\/r" "curl \\"x\\"" \d+\.\dms$/,
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
