import { expect, it } from "vitest";
import { explore } from "../src/index.ts";
import { Jobs, jobHandlers } from "./jobs.ts";

it("answers every look-up while one of three nodes is killed", () =>
  explore({ seeds: 50 }, async (fleet) => {
    const nodes = ["ann", "bob", "cid"].map((by) =>
      fleet.service({ name: "go.micro.srv.jobs" }).handle(Jobs, jobHandlers(by)),
    );
    for (const node of nodes) await node.start();
    const { look } = fleet.service({ name: "go.micro.cli" }).client(Jobs, "go.micro.srv.jobs");

    fleet.network.faults({ delayMs: [1, 50] });
    const victim = nodes[fleet.random.between(0, 2)];
    const crash = fleet.sleep(fleet.random.between(0, 1_000)).then(() => victim && fleet.crash(victim));
    for (let call = 0; call < 30; call++)
      expect(await look({ id: `job ${call}` })).toMatchObject({ id: `job ${call}` });
    await crash;
  }));
