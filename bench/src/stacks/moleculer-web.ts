import { freePort } from "@micro/testbed";
import { ServiceBroker } from "moleculer";
import web from "moleculer-web";
import { httpCall } from "./http-client.ts";
import { settings, tcp } from "./moleculer.ts";
import { gatewayPath, type Stack } from "./stack.ts";

/** Moleculer's gateway in front of a service of another process, over its TCP transporter; logging off. */
export const moleculerWeb: Stack = {
  async serve(behind = "") {
    const broker = new ServiceBroker({
      ...settings,
      nodeID: "gateway",
      transporter: tcp({ urls: [`${behind}/server`] }),
    });
    const port = await freePort();
    const aliases = { [`GET ${gatewayPath}`]: "echo.unary", [`POST ${gatewayPath}`]: "echo.unary" };
    const routes = [{ path: "/", aliases, bodyParsers: { json: true } }];
    broker.createService({ name: "api", mixins: [web], settings: { ip: "127.0.0.1", port, routes } });
    await broker.start();
    await broker.waitForServices("echo", 30_000);
    return { address: `127.0.0.1:${port}` };
  },
  connect: async (address, endpoint) => httpCall(address, endpoint),
};
