import { createService, MicroError } from "@micro/core";
import { etcd } from "@micro/registry-etcd";
import { User } from "./gen/user.ts";

// Ends with exit code 1 and one line when the call fails; `--help` lists the flags, and the first argument is the name.
const service = createService({ name: "go.micro.cli.user", plugins: [etcd] });
await service.runOnce(async () => {
  const [userName = "huohuo"] = service.args;
  const { user, error } = await service.client(User, "go.micro.srv.user").queryUserByName({ userName });
  if (!user) throw new MicroError(service.name, error?.code ?? 404, error?.detail ?? `no user is called ${userName}`);
  console.log(`id=${user.id} name=${user.name} pwd=${user.pwd}`);
});
