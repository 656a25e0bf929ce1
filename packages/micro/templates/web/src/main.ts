import { createService } from "@micro/core";
import { etcd } from "@micro/registry-etcd";
import { keepRegistered } from "./keep-registered.ts";
import { createWeb, listen } from "./web.ts";

const service = createService({ name: "__fqdn__", plugins: [etcd] });
const stopped = new Promise((resolve) => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, resolve);
});

await service.runOnce(async () => {
  const web = createWeb(service.rawClient);
  const address = await listen(web, process.env.MICRO_SERVER_ADDRESS ?? ":0");
  const leave = keepRegistered(service, address, process.env.MICRO_SERVER_ADVERTISE);
  service.logger.info(`Listening on http://localhost:${address.port}/`);
  await stopped;
  await leave();
  web.closeIdleConnections();
  await new Promise((resolve) => web.close(resolve));
});
