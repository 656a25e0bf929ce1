import { etcdServer, requireServer, startEtcd } from "@micro/testbed";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Fleet, fleetOn } from "./fleet.ts";
import { eventually, type Reply, send } from "./http.ts";

const available = await requireServer(etcdServer);

describe.skipIf(!available)("settings and faults, on etcd", () => {
  let fleet: Fleet;
  let closeRegistry = async (): Promise<void> => undefined;

  beforeAll(async () => {
    const etcd = await startEtcd();
    closeRegistry = () => etcd.close();
    fleet = fleetOn(["--registry=etcd", `--registry_address=${etcd.addresses.join(",")}`], "com.acme");
  });
  afterAll(async () => {
    await fleet.stop();
    await closeRegistry();
  });

  test("case 39: a namespace may be given with its type and without, in every place", async () => {
    const [, ...gateways] = await Promise.all([
      fleet.services("user"),
      fleet.gateway(["--namespace=com.acme"]),
      fleet.gateway([], { env: { MICRO_API_NAMESPACE: "com.acme.api" } }),
      fleet.gateway([], { before: ["--api_namespace=com.acme.api"] }),
    ]);
    for (const { url, process } of gateways) {
      expect(process.output()).toContain("services com.acme.api.*");
      expect((await send(`${url}/user/say/hello?name=x`)).json).toEqual({ msg: "Hello x" });
      await process.stop();
    }
  });

  test("case 48: two gateways share two nodes, and outlive one of them", async () => {
    const ttl = ["--register_ttl=4", "--register_interval=1"];
    const [gone, one, two] = await Promise.all([
      fleet.services("v1.user,user", ttl),
      fleet.gateway(["--namespace=com.acme"]),
      fleet.gateway(["--namespace=com.acme"]),
    ]);
    const asked = new Map<string, number>();
    const ask = async (at: number): Promise<Reply> => {
      const reply = await send(`${(at % 2 === 0 ? one : two).url}/user/say/who`);
      if (reply.status === 200) asked.set(reply.text, (asked.get(reply.text) ?? 0) + 1);
      return reply;
    };
    for (let at = 0; at < 100; at++) expect((await ask(at)).status).toBe(200);
    expect(asked.size).toBe(2);

    await gone.kill9();
    let before = 200;
    for (let at = 0; at < 100; at++) {
      const { status } = await ask(at);
      if (status !== 200) expect(before).toBe(200);
      before = status;
    }
    // The record has run out once nobody finds the service that had no other node.
    await eventually(
      () => send(`${one.url}/v1/user/say/hello`),
      ({ status }) => status === 404,
    );
    for (let at = 0; at < 100; at++) expect((await ask(at)).status).toBe(200);
  });
});
