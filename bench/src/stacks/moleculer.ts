import { freePort } from "@micro/testbed";
import { type BrokerOptions, type Context, ServiceBroker } from "moleculer";
import { type Call, deadlineMs, type Endpoint, message, notOffered, type Stack } from "./stack.ts";

// What ours sends as headers travels here as meta.
const options = { meta: { "micro-from-service": "bench" } };
/** Of every broker. */
export const settings: BrokerOptions = { logger: false, requestTimeout: deadlineMs };
const service = { name: "echo", actions: { unary: (context: Context) => context.params } };

/** Moleculer over its TCP transporter, JSON as by default, with its timeout on. */
export const moleculerTcp: Stack = {
  async serve() {
    const port = await freePort();
    const broker = new ServiceBroker({ ...settings, nodeID: "server", transporter: tcp({ port }) });
    broker.createService(service);
    await broker.start();
    return { address: `127.0.0.1:${port}` };
  },
  async connect(address, endpoint) {
    const urls = [`${address}/server`];
    const broker = new ServiceBroker({ ...settings, nodeID: "client", transporter: tcp({ urls }) });
    await broker.start();
    await broker.waitForServices("echo", 30_000);
    return callOf(broker, endpoint);
  },
};

/** A Moleculer action called by the broker that has it. */
export const moleculerLocal: Stack = {
  serve: async () => ({ address: "the caller itself" }),
  async connect(_, endpoint) {
    const broker = new ServiceBroker(settings);
    broker.createService(service);
    await broker.start();
    return callOf(broker, endpoint);
  },
};

function callOf(broker: ServiceBroker, endpoint: Endpoint): Call {
  return endpoint === "unary" ? () => broker.call("echo.unary", message, options).then(one) : notOffered(endpoint);
}

/** Its TCP transporter without the discovery by multicast, and as quick as can be to find what it was told of. */
export function tcp(own: object): { type: "TCP"; options: object } {
  return { type: "TCP", options: { udpDiscovery: false, gossipPeriod: 1, useHostname: false, ...own } };
}

const one = (): number => 1;
