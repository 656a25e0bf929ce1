import { requireServer } from "@micro/testbed";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Fleet, fleetOn, type Gateway } from "./fleet.ts";
import { eventually, send } from "./http.ts";

const available = await requireServer({ name: "Chromium", packages: ["chromium"] });

const namespace = `docs${process.pid}`;
const alone = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"];

describe.skipIf(!available)("the page of --enable_openapi, in Chromium", () => {
  let fleet: Fleet;
  let gateway: Gateway;
  let browser: Browser;

  beforeAll(async () => {
    fleet = fleetOn(["--registry=mdns"], namespace);
    [, gateway, browser] = await Promise.all([
      fleet.services("user,orders"),
      fleet.gateway([`--namespace=${namespace}`, "--enable_openapi"]),
      chromium.launch({
        executablePath: "/usr/bin/chromium",
        args: [...alone, "--disable-component-update", "--disable-sync"],
      }),
    ]);
    for (const path of ["/user/say/hello", "/orders/1"])
      await eventually(
        () => send(`${gateway.url}${path}`),
        ({ status }) => status === 200,
      );
  });
  afterAll(async () => {
    await browser?.close();
    await fleet?.stop();
  });

  /** The page, what its console said of mistakes, and what it asked for anywhere. */
  async function openDocs(): Promise<{ page: Page; faults: string[]; asked: string[] }> {
    const page = await browser.newPage();
    const faults: string[] = [];
    const asked: string[] = [];
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") faults.push(message.text());
    });
    page.on("pageerror", (error) => faults.push(String(error)));
    page.on("requestfailed", (request) => faults.push(`${request.url()} failed: ${request.failure()?.errorText}`));
    page.on("request", (request) => asked.push(request.url()));
    // Whoever leaves the slash out is sent on.
    const response = await page.goto(`${gateway.url}/docs`);
    expect(page.url()).toBe(`${gateway.url}/docs/`);
    const { "content-security-policy": policy = "", "x-content-type-options": sniff } = response?.headers() ?? {};
    expect([sniff, policy]).toEqual(["nosniff", expect.stringMatching(/default-src 'none'.*frame-ancestors 'none'/)]);
    return { page, faults, asked };
  }

  test("it loads under its own policy, asks nobody else, and lists what can be called", async () => {
    const { page, faults, asked } = await openDocs();
    await page.locator(".opblock").first().waitFor();
    const paths = await page.locator(".opblock-summary-path").allTextContents();
    const listed = paths.map((path) => path.replaceAll("\u200b", ""));
    for (const path of ["/user/say/hello", "/orders/{id}", "/shops/{shop}/orders/{id}"]) expect(listed).toContain(path);
    expect(await page.locator(".info .title").textContent()).toContain(`${namespace}.api`);
    for (const url of asked) expect(url).toMatch(new RegExp(`^(?:data:|${gateway.url}/)`));
    expect(faults).toEqual([]);
    await page.close();
  });

  test("what is tried out calls the service, and the page shows the reply", async () => {
    const { page, faults } = await openDocs();
    const hello = page.locator(".opblock", { has: page.locator('[data-path="/user/say/hello"]') });
    await hello.locator(".opblock-summary").click();
    await hello.getByRole("button", { name: "Try it out" }).click();
    await hello.locator("textarea").fill('{"name":"Ann"}');
    await hello.getByRole("button", { name: "Execute" }).click();
    const live = hello.locator(".live-responses-table");
    await live.waitFor();
    expect(await live.locator(".response-col_status").last().textContent()).toContain("200");
    expect(await live.locator(".response-col_description").last().textContent()).toContain("Hello Ann");

    const order = page.locator(".opblock", { has: page.locator('[data-path="/orders/{id}"]') });
    await order.locator(".opblock-summary").click();
    await order.getByRole("button", { name: "Try it out" }).click();
    await order.locator("tr", { hasText: "path" }).locator("input").fill("7");
    await order.getByRole("button", { name: "Execute" }).click();
    await order.locator(".live-responses-table").waitFor();
    expect(await order.locator(".live-responses-table").textContent()).toContain("Orders.Get");
    expect(faults).toEqual([]);
    await page.close();
  });

  test("no page may put it into a frame", async () => {
    const { page } = await openDocs();
    const outer = await browser.newPage();
    const refused: string[] = [];
    outer.on("console", (message) => refused.push(message.text()));
    await outer.goto(`${gateway.url}/health/live`);
    await outer.evaluate((src) => {
      const { document } = globalThis as unknown as { document: FrameDocument };
      const frame = document.createElement("iframe");
      frame.src = src;
      document.body.append(frame);
      return new Promise((resolve) => frame.addEventListener("load", resolve));
    }, page.url());
    expect(refused.join()).toContain("frame-ancestors");
    await Promise.all([page.close(), outer.close()]);
  });
});

/** What the browser has of a document, as far as it is used here. */
interface FrameDocument {
  createElement(name: "iframe"): {
    src: string;
    addEventListener(event: "load", listener: (event: unknown) => void): void;
  };
  readonly body: { append(node: unknown): void };
}
