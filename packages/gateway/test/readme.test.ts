import { readFile } from "node:fs/promises";
import * as core from "@micro/core";
import { expect, test } from "vitest";
import * as exported from "../src/index.ts";

const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");

test("the example imports what there is", () => {
  const modules = { "@micro/core": core, "@micro/gateway": exported };
  for (const [, names = "", from] of readme.matchAll(/^import \{ (.*) \} from "(.*)";$/gm)) {
    for (const name of names.split(", ")) {
      if (!name.startsWith("type ")) expect(modules[from as keyof typeof modules]).toHaveProperty(name);
    }
  }
  expect.hasAssertions();
});

test("the table of queries says what happens", () => {
  const rows = [...readme.matchAll(/^\| `([^`]+)` \| `([^`]+)`[^|]*\|$/gm)];
  expect(rows).toHaveLength(2);
  for (const [, query = "", message = ""] of rows) {
    const request = {
      method: "GET",
      url: "",
      path: "/",
      query,
      headers: {},
      rawHeaders: [],
      remoteAddress: "",
      body: new Uint8Array(),
    };
    const payload = exported.rpcPayload(request, exported.callTypeOf(undefined));
    expect(Buffer.from(payload).toString()).toBe(message);
  }
});

test("the limits are the ones in force", () => {
  expect(readme).toContain(
    `${exported.maxPairs.toLocaleString("en")} values in a query or form, ${exported.maxQueryDepth} levels`,
  );
  expect(readme).toContain(`the ${exported.maxPreparedCalls.toLocaleString("en")} most used endpoints`);
});
