import { expect, test } from "vitest";
import { callTypeOf } from "./call-type.ts";
import { multipartFields } from "./multipart.ts";

const boundary = "b0";
const type = `multipart/form-data; boundary=${boundary}`;

function form(...parts: [head: string, body: string | Buffer][]): Buffer {
  const pieces = parts.flatMap(([head, body]) => [
    Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; ${head}\r\n\r\n`),
    Buffer.from(body),
    Buffer.from("\r\n"),
  ]);
  return Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]);
}

test("texts are texts, files are base64, several files a list, and dots nest", async () => {
  const bytes = Buffer.from([0, 0xff, 0x0d, 0x0a, 0x80]);
  const body = form(
    ['name="title"', "Ärger"],
    ['name="photo"; filename="a.png"', bytes],
    ['name="more"; filename="1"', "x"],
    ['name="more"; filename="2"', "y"],
    ['name="tag"', "a"],
    ['name="tag"', "b"],
    ['name="user.name"', "Ann"],
  );
  expect(JSON.parse(await multipartFields(body, type))).toEqual({
    title: "Ärger",
    photo: bytes.toString("base64"),
    more: [Buffer.from("x").toString("base64"), Buffer.from("y").toString("base64")],
    tag: "a,b",
    user: { name: "Ann" },
  });
});

test("what is no multipart form is 400", async () => {
  await expect(multipartFields(Buffer.from("hello"), type)).rejects.toMatchObject({ code: 400 });
});

test("without a boundary nothing tells the parts apart, and the body is read as JSON", () => {
  expect(callTypeOf("multipart/form-data").kind).toBe("json");
  expect(callTypeOf(type).kind).toBe("multipart");
});
