import { createService, type Service } from "@micro/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { User } from "../src/gen/user.ts";
import { createUserService } from "../src/service.ts";

const inProcess = { argv: ["--registry=memory", "--log_level=error"], env: {}, noticeMs: 0 };

describe("user-srv", () => {
  let service: Service;
  let caller: Service;

  beforeAll(async () => {
    service = createUserService(inProcess);
    await service.start();
    caller = createService({ name: "go.micro.cli.test", ...inProcess });
  });

  afterAll(async () => {
    await caller.close();
    await service.close();
  });

  it("gives the user of a name", async () => {
    const { user, error } = await caller.client(User, "go.micro.srv.user").queryUserByName({ userName: "huohuo" });
    expect(error).toBeUndefined();
    expect(user).toMatchObject({ id: "123", name: "huohuo", pwd: "dslhgfoif40u9b9" });
    expect(user?.createdTime).toBeTypeOf("bigint");
  });

  it("answers 400 without a name", async () => {
    const call = caller.client(User, "go.micro.srv.user").queryUserByName({});
    await expect(call).rejects.toMatchObject({
      id: "go.micro.srv.user",
      code: 400,
      detail: "userName cannot be blank",
    });
  });
});
