import { expect, it } from "vitest";
import { goawayKeepalive } from "./src/goaway-keepalive.ts";

it("answers a call that is under way when the server says goodbye and goes on pinging", async () => {
  const report = await goawayKeepalive();
  expect(report.micro).toBe("answered");
  // What it is about: grpc-node#3068. Once this fails, grpc-js has learned it and the comparison can go.
  expect(report["grpc-js"]).toMatch(/UNAVAILABLE/);
});
