import { Agent } from "node:http";
import { type Load, startLoad as startCalls } from "@micro/testbed";
import { get } from "./http.ts";

/** GETs `url` `perSecond` times a second, each answer having to be 200 with exactly `expected`, until it is stopped. */
export function startLoad(url: string, expected: string, perSecond: number): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const load = startCalls(
    async () => {
      const { status, body } = await get(url, agent);
      if (status !== 200 || body !== expected) throw new Error(`${status} ${body}`);
    },
    { perSecond },
  );
  return {
    ...load,
    async stop() {
      const tally = await load.stop();
      agent.destroy();
      return tally;
    },
  };
}
