import type { ServiceRecord } from "@micro/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { curl, requireCurl } from "./curl.ts";
import { callerFor } from "./directions.ts";
import { availableRegistries, uniqueName } from "./fleet.ts";
import { type GoPeer, requireGo } from "./go-peer.ts";
import { mucpCallerFor } from "./mucp-directions.ts";
import { type MucpFleet, startMucpFleet } from "./mucp-fleet.ts";
import { startOurPeer } from "./programs.ts";
import { asTold } from "./records.ts";
import { everyField } from "./samples.ts";
import { Peer, Sample } from "./src/gen/peer.ts";
import { goLeads } from "./stream-directions.ts";
import { goodEnd, numbersOf, upTo } from "./stream-parts.ts";

const available = await requireGo();
const hasCurl = await requireCurl();
const registries = await availableRegistries();
const whole = Sample.decode(Sample.encode(everyField));
const failure = { id: "interop.raised", code: 409, detail: "naïve <&>" };

describe.skipIf(!available).each(registries.slice(0, 1))("ports that speak mucp, found over %s", (registry) => {
  let fleet: MucpFleet;
  beforeAll(async () => {
    fleet = await startMucpFleet(registry);
  });
  afterAll(() => fleet?.close());

  describe("of nodes that do not say what they speak, as those of go-micro v0", () => {
    const silent = uniqueName("silent");
    const record = (address: string): ServiceRecord => ({
      name: silent,
      version: "latest",
      metadata: {},
      endpoints: [],
      nodes: [{ id: `${silent}-1`, address, metadata: {} }],
    });

    describe.each(["go → ts", "ts → go"] as const)("%s", (direction) => {
      beforeAll(async () => {
        if (direction === "go → ts") await fleet.go.register(asTold(record(fleet.ourAddress)), 60);
        else await fleet.ours.registry.register(record(fleet.go.address), { ttlMs: 60_000 });
      });
      afterAll(() => fleet.ours.registry.deregister(record("")));

      it.each([
        ["application/json", "application/json-rpc"],
        ["application/protobuf", "application/proto-rpc"],
        ["application/json-rpc", "application/json-rpc"],
        ["application/proto-rpc", "application/proto-rpc"],
      ])("take what is asked as %s in the envelope %s", async (contentType, enveloped) => {
        const call = mucpCallerFor(direction, fleet);
        const settings = { service: silent, contentType };
        expect(await call("echo", everyField, settings)).toEqual({ reply: whole });
        expect((await call("look", {}, settings)).reply?.headers["content-type"]).toBe(enveloped);
        const { error } = await call("fail", { manner: "error", ...failure }, settings);
        expect(error).toMatchObject(failure);
        expect(await call("nothing", {}, settings)).toEqual({ reply: {} });
      });
    });
  });

  it("are found by what their node says, among nodes of all kinds under one name", async () => {
    const name = uniqueName("kinds");
    const node = (address: string, metadata: Record<string, string>): ServiceRecord => ({
      name,
      version: "latest",
      metadata: {},
      endpoints: [],
      nodes: [{ id: `${name}-${address}-${metadata.protocol}`, address, metadata }],
    });
    for (const [address, metadata] of [
      [fleet.overGrpc.address, { protocol: "grpc" }],
      [fleet.go.address, { protocol: "mucp" }],
      [fleet.go.address, {}],
      [fleet.ourAddress, { protocol: "mucp" }],
    ] as const) {
      await fleet.ours.registry.register(node(address, metadata), { ttlMs: 60_000 });
    }
    const { look } = fleet.ours.client(Peer, name);
    const types: string[] = [];
    for (let turn = 0; turn < 4; turn++) types.push((await look({})).headers["content-type"] ?? "");
    expect(types.sort()).toEqual([
      "application/grpc+proto",
      "application/proto-rpc",
      "application/proto-rpc",
      "application/proto-rpc",
    ]);
  });

  describe("of ours take go's clients of both kinds", () => {
    const bothKinds = async (service: string): Promise<void> => {
      const overGrpc = callerFor("go → ts", { ...fleet, go: fleet.overGrpc });
      const overMucp = mucpCallerFor("go → ts", fleet);
      const seen = await Promise.all(
        upTo(20).map(async (number) => {
          const call = number % 2 === 0 ? overGrpc : overMucp;
          expect(await call("echo", everyField, { service })).toEqual({ reply: whole });
          expect((await call("fail", { manner: "error", ...failure }, { service })).error).toMatchObject(failure);
          return (await call("look", {}, { service })).reply;
        }),
      );
      expect(new Set(seen.map((reply) => reply?.node)).size).toBe(1);
      const types = new Set(seen.map((reply) => reply?.headers["content-type"]));
      expect(types).toEqual(new Set(["application/grpc+proto", "application/protobuf"]));
    };

    it("at once", () => bothKinds(fleet.ourName));

    it("with streams of both at once", async () => {
      const count = (go: GoPeer) =>
        goLeads(go, fleet.ourName)("count", [{ do: "send", body: { parts: 50 } }, { do: "drain" }]);
      for (const outcome of await Promise.all([fleet.overGrpc, fleet.go, fleet.overGrpc, fleet.go].map(count))) {
        expect(outcome).toMatchObject(goodEnd);
        expect(numbersOf(outcome.received)).toEqual(upTo(50));
      }
    });

    it("also where the node says mucp", async () => {
      const name = uniqueName("says");
      await using _node = await startOurPeer(name, [...fleet.args, "--server=mucp"]);
      const [record] = await fleet.go.getService(name);
      expect(record?.nodes?.[0]?.metadata).toMatchObject({ protocol: "mucp", server: "mucp", transport: "http" });
      await bothKinds(name);
      expect((await fleet.ours.client(Peer, name).look({})).headers["content-type"]).toBe("application/proto-rpc");
    });
  });

  describe.skipIf(!hasCurl)("of ours, asked by curl,", () => {
    const asked = (args: readonly string[]) => ({
      ours: () => curl(...args, fleet.ourAddress),
      gos: () => curl(...args, fleet.go.address),
    });
    const type = (contentType: string): string[] => ["-H", `Content-Type: ${contentType}`];
    const head = (name: string, value: string): string[] => ["-H", `${name}: ${value}`];
    const rpc = '{"method":"Peer.Echo","params":[{"text":"naïve <&>","big":12,"kind":1}],"id":"7"}';

    it.each([
      ["bare JSON-RPC", [...type("application/json-rpc"), "-d", rpc]],
      ["bare JSON-RPC that says JSON", [...type("application/json"), "-d", rpc]],
      [
        "JSON with a header for the endpoint",
        [...type("application/json"), ...head("Micro-Endpoint", "Peer.Echo"), "-d", '{"text":"a","kind":2}'],
      ],
      [
        "JSON with the older header for it",
        [...type("application/json"), ...head("Micro-Method", "Peer.Echo"), "-d", '{"text":"a","big":"9"}'],
      ],
      [
        "JSON with headers for service and endpoint",
        [
          ...type("application/json"),
          ...head("Micro-Service", "any"),
          ...head("Micro-Endpoint", "Peer.Echo"),
          "-d",
          '{"inner_value":{"long_name":"a"}}',
        ],
      ],
    ])("answer as go does: %s", async (_what, args) => {
      const { ours, gos } = asked(args);
      const [answer, expected] = [await ours(), await gos()];
      expect(answer.status).toBe(200);
      expect(answer.status).toBe(expected.status);
      expect(answer.headers["content-type"]).toBe(expected.headers["content-type"]);
      expect(answer.headers).not.toHaveProperty("micro-error");
      // Outside of envelopes go writes 64-bit integers and enums as numbers, ours as in the JSON of gRPC; all read both.
      if (args.includes(rpc)) expect(answer.body).toBe(expected.body);
      else expect(Sample.fromJson(JSON.parse(answer.body))).toEqual(Sample.fromJson(JSON.parse(expected.body)));
    });

    it("give back the id, as text or as the number that it was", async () => {
      const inHeader = [
        ...type("application/json"),
        ...head("Micro-Endpoint", "Peer.Nothing"),
        ...head("Micro-Id", "5"),
      ];
      const { ours, gos } = asked([...inHeader, "-d", "{}"]);
      expect((await ours()).headers).toMatchObject({ "micro-id": "5", "x-micro-id": "5" });
      expect((await gos()).headers).toMatchObject({ "micro-id": "5", "x-micro-id": "5" });
      // Go makes text of a number, by which callers of JSON-RPC do not find what they asked.
      const { body } = await curl(...type("application/json-rpc"), "-d", rpc.replace('"7"', "7"), fleet.ourAddress);
      expect(JSON.parse(body)).toMatchObject({ id: 7, result: { big: 12 } });
    });

    it("answer what -d alone sends, where go needs a content type", async () => {
      const answer = await curl("-d", rpc, fleet.ourAddress);
      expect(JSON.parse(answer.body)).toMatchObject({ id: "7", result: { text: "naïve <&>", big: 12, kind: 1 } });
    });

    it("tell an error of the handler in a header and in the envelope, as go does", async () => {
      const failing = `{"method":"Peer.Fail","params":[${JSON.stringify({ manner: "error", ...failure })}],"id":"7"}`;
      const { ours, gos } = asked([...type("application/json-rpc"), "-d", failing]);
      for (const { status, headers, body } of [await ours(), await gos()]) {
        expect(status).toBe(200);
        expect(JSON.parse(headers["micro-error"] ?? "")).toMatchObject(failure);
        expect(JSON.parse(JSON.parse(body).error)).toMatchObject(failure);
      }
    });

    it.each([
      ["an endpoint that is not there", '{"method":"Peer.Nope","params":[{}],"id":"7"}', 404],
      ["an endpoint that is none", '{"method":"Peer","params":[{}],"id":"7"}', 400],
      ["no JSON", "{oh", 400],
      ["a parameter that does not fit", '{"method":"Peer.Echo","params":[{"text":7}],"id":"7"}', 400],
    ])("tell of %s with a code", async (_what, body, code) => {
      const { ours, gos } = asked([...type("application/json-rpc"), "-d", body]);
      expect(JSON.parse((await ours()).headers["micro-error"] ?? "")).toMatchObject({ code });
      expect((await gos()).headers["micro-error"]).toBeDefined();
    });

    it("do not take GET", async () => {
      expect(await curl(fleet.ourAddress)).toMatchObject({ status: 405, headers: { allow: "POST" } });
    });

    it("answer several times on a connection", async () => {
      const connects = ["--write-out", "connects: %{num_connects}\n"];
      const each = [...connects, ...type("application/json-rpc"), "-d", rpc, `http://${fleet.ourAddress}`];
      const { body } = await curl(...each, "--next", "--silent", "--include", ...each);
      expect(body.match(/"result"/g)).toHaveLength(2);
      expect(body.match(/connects: \d/g)).toEqual(["connects: 1", "connects: 0"]);
    });
  });
});
