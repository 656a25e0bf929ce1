import { randomBytes } from "node:crypto";
import { type CloseStack, closeStack, type Service } from "@micro/core";
import { ApiRawRequest, ApiRawResponse, ApiRequest, ApiResponse } from "@micro/gateway";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Fleet, startFleet } from "./fleet.ts";
import { startGateway } from "./gateway.ts";
import { send } from "./http.ts";
import { plainService } from "./plain-service.ts";

let open: CloseStack;
let fleet: Fleet;
let gateway: string;

beforeAll(async () => {
  open = closeStack();
  fleet = open.use(await startFleet());
  gateway = await startGateway(open, { handler: "api" });
});
afterAll(() => open.close());

/** What the service saw of one request. */
async function seen(path: string, options?: Parameters<typeof send>[2]): Promise<ApiRequest> {
  let request: ApiRequest | undefined;
  fleet.onForm((each) => {
    request = each;
    return {};
  });
  expect((await send(gateway, path, options)).status).toBe(200);
  if (!request) throw new Error("the service was not called");
  return request;
}

test("case 30: the service gets the whole request", async () => {
  const headers = { "content-type": "application/x-www-form-urlencoded", host: "shop.example", "x-a": "1" };
  const request = await seen("/form/submit?x=1&x=2", { method: "POST", headers, body: "a=1&a=2&b" });
  expect(request).toMatchObject({
    method: "POST",
    path: "/form/submit",
    url: "/form/submit?x=1&x=2",
    get: { x: { key: "x", values: ["1", "2"] } },
    post: { a: { key: "a", values: ["1", "2"] }, b: { key: "b", values: [""] } },
    body: "",
  });
  expect(request.header).toMatchObject({
    Host: { key: "Host", values: ["shop.example"] },
    "X-A": { key: "X-A", values: ["1"] },
    "X-Forwarded-For": { key: "X-Forwarded-For", values: ["127.0.0.1"] },
  });
});

test("case 30: its response arrives with status, every value of its headers, and a type", async () => {
  fleet.onForm(() => ({ statusCode: 201, header: { x: { key: "X-Foo", values: ["a", "b"] } }, body: '{"ok":1}' }));
  const reply = await send(gateway, "/form/submit");
  expect(reply).toMatchObject({ status: 201, headers: { "content-type": "application/json" }, text: '{"ok":1}' });
  const lines = reply.rawHeaders.flatMap((name, at) =>
    name.toLowerCase() === "x-foo" ? [reply.rawHeaders[at + 1]] : [],
  );
  expect(lines).toEqual(["a", "b"]);
});

test("case 31: no status is 200", async () => {
  fleet.onForm(() => ({ body: "{}" }));
  expect((await send(gateway, "/form/submit")).status).toBe(200);
});

test("a body that is no form is handed on as text", async () => {
  const headers = { "content-type": "text/csv" };
  expect(await seen("/form/submit", { method: "POST", headers, body: "a,ß\n" })).toMatchObject({
    body: "a,ß\n",
    post: {},
  });
  const formHeaders = { "content-type": "application/x-www-form-urlencoded" };
  expect(await seen("/form/submit", { method: "DELETE", headers: formHeaders, body: "a=1" })).toMatchObject({
    body: "a=1",
    post: {},
  });
});

test("a missing or unreadable type is plain text", async () => {
  for (const headers of [{}, { "content-type": "what" }]) {
    const { header } = await seen("/form/submit", { method: "POST", headers, body: "x" });
    expect(header["Content-Type"]?.values).toEqual(["text/plain; charset=UTF-8"]);
  }
});

test("the peer is appended to X-Forwarded-For", async () => {
  const { header } = await seen("/form/submit", { headers: { "x-forwarded-for": "1.1.1.1" } });
  expect(header["X-Forwarded-For"]?.values).toEqual(["1.1.1.1, 127.0.0.1"]);
});

test("keys such as __proto__ are only keys", async () => {
  const { get } = await seen("/form/submit?__proto__=1&constructor=2");
  expect(Object.keys(get).sort()).toEqual(["__proto__", "constructor"]);
});

test("a body that is not UTF-8 is 415 and says what carries bytes; the service is not called", async () => {
  const headers = { "content-type": "image/png" };
  let calls = 0;
  fleet.onForm(() => {
    calls++;
    return {};
  });
  const reply = await send(gateway, "/form/submit", { method: "POST", headers, body: picture });
  expect(reply).toMatchObject({ status: 415, headers: { "content-type": "application/json" } });
  const { detail } = reply.json() as { detail: string };
  for (const word of ["image/png", "not UTF-8", "go.api.raw.Request", "multipart/form-data", "http handler"])
    expect(detail).toContain(word);
  expect(calls).toBe(0);
});

test("a form that is not UTF-8 is 400", async () => {
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const reply = await send(gateway, "/form/submit", { method: "POST", headers, body: picture });
  expect(reply).toMatchObject({ status: 400, text: expect.stringContaining("form is not UTF-8") });
});

test.each(["meta", "api"] as const)(
  "handler %s hands bytes to a service that declares them, and back",
  async (handler) => {
    const service = open.use(pictures());
    await service.start();
    const address = await startGateway(open, { handler });
    const headers = { "content-type": "image/png" };
    const turned = await send(address, "/pictures/turn", { method: "POST", headers, body: picture });
    expect(turned).toMatchObject({ status: 200, headers: { "content-type": "image/png" } });
    expect([...turned.bytes]).toEqual([...picture].reverse());
    // Text is bytes as well, and forms stay forms.
    const text = await send(address, "/pictures/turn", { method: "POST", headers, body: "abc" });
    expect(text.text).toBe("cba");
    const form = { "content-type": "application/x-www-form-urlencoded" };
    const fields = await send(address, "/pictures/turn", { method: "POST", headers: form, body: "a=1&b=2" });
    expect([fields.text, fields.headers["x-fields"]]).toEqual(["", "a,b"]);
    const large = randomBytes(1024 * 1024);
    const back = await send(address, "/pictures/turn", { method: "POST", headers, body: large });
    expect(back.bytes.equals(large.toReversed())).toBe(true);
  },
);

test("a service may give bytes and take text, and take bytes and give text", async () => {
  const service = open.use(pictures());
  await service.start();
  const address = await startGateway(open);
  const paint = (body: string | Uint8Array) => send(address, "/pictures/paint", { method: "POST", body });
  expect([...(await paint("ff00")).bytes]).toEqual([255, 0]);
  expect((await paint(picture)).status).toBe(415);
  const weigh = await send(address, "/pictures/weigh", { method: "POST", body: picture });
  expect(weigh.text).toBe("4");
});

const picture = Buffer.from([0x89, 0x50, 0xff, 0x00]);

/** An endpoint for each way in which bodies may be bytes. */
function pictures(): Service {
  const service = plainService("go.micro.api.pictures");
  const methods = {
    turn: { kind: "unary", name: "Turn", request: ApiRawRequest, response: ApiRawResponse },
    paint: { kind: "unary", name: "Paint", request: ApiRequest, response: ApiRawResponse },
    weigh: { kind: "unary", name: "Weigh", request: ApiRawRequest, response: ApiResponse },
  } as const;
  service.handle(
    { name: "Pictures", fullName: "api.Pictures", methods },
    {
      turn: ({ body, post }) => ({
        body: body.toReversed(),
        header: {
          type: { key: "content-type", values: ["image/png"] },
          fields: { key: "x-fields", values: [Object.keys(post).join()] },
        },
      }),
      paint: ({ body }) => ({ body: Buffer.from(body, "hex") }),
      weigh: ({ body }) => ({ body: String(body.length) }),
    },
  );
  return service;
}

test("headers of the connection and the length are the gateway's own", async () => {
  const header = Object.fromEntries(
    ["Connection", "Transfer-Encoding", "Content-Length", "Keep-Alive", "Upgrade"].map((key) => [
      key,
      { key, values: ["7"] },
    ]),
  );
  fleet.onForm(() => ({ header, body: "four" }));
  const reply = await send(gateway, "/form/submit");
  expect(reply).toMatchObject({ status: 200, headers: { "content-length": "4" }, text: "four" });
  expect(reply.headers["transfer-encoding"]).toBeUndefined();
});

test("cookies and text beyond ASCII arrive", async () => {
  fleet.onForm(() => ({
    header: {
      "Set-Cookie": { key: "Set-Cookie", values: ["a=1", "b=2"] },
      "X-Name": { key: "", values: ["Jürgen"] },
      "content-type": { key: "content-type", values: ["text/html"] },
    },
    body: "<p>ü</p>",
  }));
  const reply = await send(gateway, "/form/submit");
  expect(reply.headers).toMatchObject({ "set-cookie": ["a=1", "b=2"], "content-type": "text/html" });
  expect(Buffer.from(String(reply.headers["x-name"]), "latin1").toString("utf8")).toBe("Jürgen");
  expect(reply.text).toBe("<p>ü</p>");
});

test.each([
  [{ statusCode: 99 }, "statusCode 99"],
  [{ statusCode: 101 }, "statusCode 101"],
  [{ statusCode: -1 }, "statusCode -1"],
  [{ statusCode: 1000 }, "statusCode 1000"],
  [{ header: { x: { key: "X-A", values: ["a\r\nX-B: 1"] } } }, "X-A"],
  [{ header: { x: { key: "X A", values: ["a"] } } }, "X A"],
])("an answer that HTTP does not allow is 502: %j", async (response, detail) => {
  fleet.onForm(() => response);
  const reply = await send(gateway, "/form/submit");
  expect(reply).toMatchObject({ status: 502, headers: { "content-type": "application/json" } });
  expect((reply.json() as { detail: string }).detail).toContain(detail);
});

test("204 and 304 have no body", async () => {
  for (const statusCode of [204, 304]) {
    fleet.onForm(() => ({ statusCode, body: "x" }));
    expect(await send(gateway, "/form/submit")).toMatchObject({ status: statusCode, text: "" });
  }
});

test("an unknown service is 404 here too", async () => {
  expect(await send(gateway, "/nobody/say/hello")).toMatchObject({
    status: 404,
    headers: { "content-type": "application/json" },
  });
});
