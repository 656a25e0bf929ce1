import { request as httpRequest } from "node:http";
import { PassThrough } from "node:stream";
import { brotliDecompressSync, createBrotliDecompress, createGunzip, gunzipSync } from "node:zlib";
import { type CloseStack, closeStack } from "@micro/core";
import type { HttpAnswer } from "@micro/gateway";
import { afterAll, beforeAll, expect, test } from "vitest";
import { compression } from "../src/index.ts";
import { startApi } from "./gateway.ts";
import { send } from "./http.ts";

let open: CloseStack;
beforeAll(() => {
  open = closeStack();
});
afterAll(() => open.close());

const long = JSON.stringify({ text: "all work and no play ".repeat(200) });

/** A gateway that answers `/it` with this. */
async function start(answer: Partial<HttpAnswer>): Promise<string> {
  const it = { status: 200, headers: [["content-type", "application/json"]] as const, body: long, ...answer };
  const fixedPaths = [{ path: "/it", answer: () => it }];
  return (await startApi(open, {}, { extensions: [compression()], fixedPaths })).address;
}

const ask = (address: string, coding: string, method = "GET") =>
  send(address, "/it", { method, headers: { "accept-encoding": coding } });

test("long answers are packed as the peer likes it", async () => {
  const address = await start({
    headers: [
      ["content-type", "application/json"],
      ["etag", '"1"'],
    ],
  });
  const br = await ask(address, "gzip, br");
  expect(br.headers).toMatchObject({ "content-encoding": "br", vary: "Accept-Encoding", etag: 'W/"1"' });
  expect(br.headers["content-length"]).toBe(String(br.bytes.length));
  expect(brotliDecompressSync(br.bytes).toString()).toBe(long);
  const gzip = await ask(address, "gzip");
  expect(gzip.headers["content-encoding"]).toBe("gzip");
  expect(gunzipSync(gzip.bytes).toString()).toBe(long);
  const plain = await ask(address, "identity");
  expect(plain).toMatchObject({ text: long, headers: { vary: "Accept-Encoding" } });
  expect(plain.headers["content-encoding"]).toBeUndefined();
});

test.each<[string, Partial<HttpAnswer>]>([
  ["short", { body: "{}" }],
  [
    "packed already",
    {
      headers: [
        ["content-type", "application/json"],
        ["content-encoding", "zstd"],
      ],
    },
  ],
  [
    "not to be changed",
    {
      headers: [
        ["content-type", "text/plain"],
        ["cache-control", "no-transform"],
      ],
    },
  ],
  ["a picture", { headers: [["content-type", "image/png"]] }],
  ["of no type", { headers: [] }],
  ["a part", { status: 206 }],
])("what is %s stays as it is", async (_what, answer) => {
  const reply = await ask(await start(answer), "gzip, br");
  expect(reply.text).toBe(answer.body ?? long);
  expect(reply.headers["content-encoding"]).toBe(answer.headers?.find(([name]) => name === "content-encoding")?.[1]);
});

test.each([
  ["gzip", () => createGunzip()],
  ["br", () => createBrotliDecompress()],
])("a stream packed with %s arrives piece by piece", async (coding, unpacker) => {
  const source = new PassThrough();
  const address = await start({ headers: [["content-type", "text/event-stream"]], body: source });
  const [host, port] = address.split(":");
  const text = await new Promise<string>((resolve, reject) => {
    const headers = { "accept-encoding": coding };
    const outgoing = httpRequest({ host, port, path: "/it", headers, agent: false }, (incoming) => {
      let seen = "";
      incoming
        .pipe(unpacker())
        .on("data", (chunk) => {
          seen += chunk;
          // The second piece is written only when the first one has arrived.
          if (seen === "data: 1\n\n") source.end("data: 2\n\n");
        })
        .on("end", () => resolve(seen))
        .on("error", reject);
    });
    outgoing.on("error", reject).end();
    source.write("data: 1\n\n");
  });
  expect(text).toBe("data: 1\n\ndata: 2\n\n");
});

test("a peer that goes away ends the stream behind", async () => {
  const source = new PassThrough();
  const closed = new Promise((resolve) => source.once("close", resolve));
  const address = await start({ headers: [["content-type", "text/event-stream"]], body: source });
  const [host, port] = address.split(":");
  const outgoing = httpRequest({ host, port, path: "/it", headers: { "accept-encoding": "gzip" }, agent: false }, () =>
    outgoing.destroy(),
  );
  outgoing.on("error", () => undefined).end();
  source.write("data: 1\n\n");
  await closed;
  expect(source.destroyed).toBe(true);
});
