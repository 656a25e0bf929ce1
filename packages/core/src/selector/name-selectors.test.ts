import { afterEach, describe, expect, it } from "vitest";
import { testClock } from "../words/clock.ts";
import { closeStack } from "../words/lifecycle.ts";
import { type DnsResolver, type DnsSelectorOptions, dnsSelector } from "./dns-selector.ts";
import type { Selector } from "./selector.ts";
import { type StaticSelectorOptions, staticSelector } from "./static-selector.ts";

const open = closeStack();
afterEach(() => open.close());

async function addresses(selector: Selector, service: string, count: number): Promise<string[]> {
  const next = await selector.select(service);
  return Array.from({ length: count }, () => next().node.address).sort();
}

describe("staticSelector", () => {
  it.each<[string, string, StaticSelectorOptions]>([
    ["user", "user:8080", {}],
    ["user", "user:9090", { port: 9090 }],
    ["user", "user.prod.svc:8080", { domain: "prod.svc" }],
    ["user.example.com:443", "user.example.com:443", { domain: "prod.svc", port: 1 }],
  ])("calls %s at %s", async (service, address, options) => {
    const selector = open.use(staticSelector(options));
    expect((await selector.select(service))().node).toEqual({ id: address, address, metadata: { protocol: "grpc" } });
  });

  it("leaves a caller whose node is out of reach with that node, there being no other", async () => {
    const selector = open.use(staticSelector({ protocol: "mucp" }));
    const candidate = (await selector.select("user"))();
    selector.mark(candidate, "failed");
    expect((await selector.select("user"))()).toBe(candidate);
    expect(candidate.node.metadata).toEqual({ protocol: "mucp" });
  });
});

describe("dnsSelector", () => {
  const clock = testClock();

  function selectorOver(answers: Partial<DnsResolver>, options: DnsSelectorOptions = {}): Selector {
    const resolver = { addresses: unexpected, services: unexpected, ...answers };
    return open.use(dnsSelector({ resolver, clock, ...options }));
  }

  it("calls a name with a port at every address of the host", async () => {
    const selector = selectorOver({
      addresses: async (host) => (host === "user.example.com" ? ["10.0.0.1", "fd00::1"] : []),
    });
    expect(await addresses(selector, "user.example.com:9090", 2)).toEqual(["10.0.0.1:9090", "[fd00::1]:9090"]);
  });

  it("calls a name without one at what its SRV records of the best priority name, by their weights", async () => {
    const services = async (name: string) => {
      if (name !== "_user._tcp.example.com") return [];
      return [
        { name: "a.example.com.", port: 1, priority: 10, weight: 5 },
        { name: "b.example.com", port: 2, priority: 10, weight: 0 },
        { name: "spare.example.com", port: 3, priority: 20, weight: 5 },
      ];
    };
    const selector = selectorOver({ services }, { domain: "example.com" });
    const next = await selector.select("user");
    const nodes = [next().node, next().node, next().node].map(({ address, metadata }) => [address, metadata.weight]);
    expect(new Map(nodes as [string, string | undefined][])).toEqual(
      new Map([
        ["a.example.com:1", "5"],
        ["b.example.com:2", undefined],
      ]),
    );
  });

  it.each(["ENOTFOUND", "ENODATA"])("answers 404 when the DNS answers %s", async (code) => {
    const selector = selectorOver({ addresses: async () => Promise.reject(dnsError(code)) });
    await expect(selector.select("user:1")).rejects.toMatchObject({
      code: 404,
      detail: "service user:1 not found in registry dns",
    });
  });

  it("answers 503 saying why when the DNS does not answer and nothing is known", async () => {
    const selector = selectorOver({ addresses: async () => Promise.reject(dnsError("ETIMEOUT")) });
    await expect(selector.select("user:1")).rejects.toMatchObject({
      code: 503,
      detail: "cannot look up service user:1 in registry dns: queryA ETIMEOUT user",
    });
  });

  it("follows what the DNS says, and keeps the last addresses while it says nothing", async () => {
    let answer: () => Promise<string[]> = async () => ["10.0.0.1"];
    const selector = selectorOver({ addresses: () => answer() }, { refreshMs: 1_000 });
    expect(await addresses(selector, "user:1", 1)).toEqual(["10.0.0.1:1"]);
    answer = async () => ["10.0.0.2", "10.0.0.3"];
    await clock.advance(1_000);
    expect(await addresses(selector, "user:1", 2)).toEqual(["10.0.0.2:1", "10.0.0.3:1"]);
    answer = async () => Promise.reject(dnsError("ESERVFAIL"));
    await clock.advance(60_000);
    expect(await addresses(selector, "user:1", 2)).toEqual(["10.0.0.2:1", "10.0.0.3:1"]);
    answer = async () => ["10.0.0.4"];
    await clock.advance(60_000);
    expect(await addresses(selector, "user:1", 1)).toEqual(["10.0.0.4:1"]);
  });
});

function dnsError(code: string): Error {
  return Object.assign(new Error(`queryA ${code} user`), { code });
}

async function unexpected(): Promise<never> {
  throw new Error("the DNS was asked a question without need");
}
