// A service for the tests to call: `node dist/greeter.js --server_name=… --registry=…`.
import { conflict, createService } from "@micro/core";
import { etcd } from "@micro/registry-etcd";
import { Say } from "./gen/greeter.ts";

const service = createService({ name: "go.micro.srv.greeter", plugins: [etcd] });
service.handle(Say, {
  hello: ({ name }) => ({ msg: `Hello ${name}` }),
  echo: ({ big, text }, { metadata }) => ({ big, text, metadata: { ...metadata } }),
  fail: () => {
    throw conflict(service.name, "boom");
  },
  async *count({ count }) {
    for (let number = 0n; number < count; number++) yield { number };
  },
  async *chat(requests) {
    for await (const { name } of requests) yield { msg: `Hello ${name}` };
  },
});
service.subscribe<{ id: bigint }>(`${service.name}.events`, ({ id }, { metadata }) => {
  service.logger.info(`got ${id} by ${metadata.by}`);
});
await service.run();
