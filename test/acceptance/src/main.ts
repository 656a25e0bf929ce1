import { closeStack, createService, type Service } from "@micro/core";
import { etcd } from "@micro/registry-etcd";
import { addEvents, addForm, addOrders, addUser, addVersioned } from "./services.ts";
import { startSite } from "./site.ts";

// `main.js user,form --registry=etcd …`: starts these services in one process, each with a port and registration of its own.
const [names = "", ...flags] = process.argv.slice(2);
const prefix = process.env.ACCEPTANCE_PREFIX ?? "go.micro";

const kinds: Readonly<Record<string, { name: string; add(service: Service): void }>> = {
  user: { name: `${prefix}.api.user`, add: addUser },
  "v1.user": { name: `${prefix}.api.v1.user`, add: addVersioned },
  form: { name: `${prefix}.api.form`, add: addForm },
  orders: { name: `${prefix}.api.orders`, add: addOrders },
  "srv.user": { name: `${prefix}.srv.user`, add: addUser },
  events: {
    name: `${prefix}.api.events`,
    add: (service) => addEvents(service, "go.micro.evt.api.user"),
  },
};

const open = closeStack();
let first: Service | undefined;
for (const word of names.split(",")) {
  const kind = kinds[word];
  if (!kind) continue;
  const argv = ["--server_address=127.0.0.1:0", "--log_level=warn", ...flags];
  const service = open.use(createService({ name: kind.name, plugins: [etcd], argv, env: {}, noticeMs: 100 }));
  kind.add(service);
  await service.start();
  process.stdout.write(`ready ${word} ${service.address}\n`);
  first ??= service;
}
if (first && names.split(",").includes("site")) {
  open.defer(await startSite(first, `${prefix}.api.site`));
  process.stdout.write("ready site\n");
}
process.stdout.write("all ready\n");
process.once("SIGTERM", () => void open.close());
