import { fastify } from "fastify";
import { httpCall } from "./http-client.ts";
import { gatewayPath, type Stack } from "./stack.ts";

/** What a gateway is measured against: fastify as it comes, making the same answers itself. */
export const bareFastify: Stack = {
  async serve() {
    const app = fastify();
    app.get<{ Querystring: { name: string } }>(gatewayPath, async ({ query }) => ({ name: query.name }));
    app.post(gatewayPath, async ({ body }) => body);
    return { address: (await app.listen({ host: "127.0.0.1", port: 0 })).slice("http://".length) };
  },
  connect: async (address, endpoint) => httpCall(address, endpoint),
};
