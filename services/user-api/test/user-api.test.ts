import { createService, type Service } from "@micro/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Say } from "../src/gen/say.ts";
import { User } from "../src/gen/user.ts";
import { createUserApi } from "../src/service.ts";

const inProcess = { argv: ["--registry=memory", "--log_level=error"], env: {}, noticeMs: 0 };

describe("user-api", () => {
  let users: Service;
  let service: Service;
  let caller: Service;
  const trace: (string | undefined)[] = [];

  beforeAll(async () => {
    users = createService({ name: "go.micro.srv.user", ...inProcess });
    users.handle(User, {
      async queryUserByName({ userName }, { metadata }) {
        trace.push(metadata["x-trace"]);
        if (userName === "nobody") return { error: { code: 404, detail: "no user is called nobody" } };
        return { user: { id: "7", name: userName, pwd: "secret" } };
      },
    });
    await users.start();
    service = createUserApi(inProcess);
    await service.start();
    caller = createService({ name: "go.micro.cli.test", ...inProcess });
  });

  afterAll(async () => {
    for (const each of [caller, service, users]) await each?.close();
  });

  const hello = (name?: string) =>
    caller
      .client(Say, "go.micro.api.user")
      .hello(
        { method: "GET", get: name === undefined ? {} : { name: { key: "name", values: [name] } } },
        { metadata: { "x-trace": "t1" } },
      );

  it("answers with the user as JSON, keys in alphabetical order", async () => {
    const { statusCode, body } = await hello("ann");
    expect({ statusCode, body }).toEqual({ statusCode: 200, body: '{"id":"7","password":"secret","username":"ann"}' });
  });

  it("hands the caller's metadata on to user-srv", () => {
    expect(trace).toContain("t1");
  });

  it.each([undefined, ""])("answers 400 when the name is %o", async (name) => {
    await expect(hello(name)).rejects.toMatchObject({
      id: "go.micro.api.user",
      code: 400,
      detail: "Name cannot be blank",
    });
  });

  it("answers with user-srv's code when it knows no such user", async () => {
    await expect(hello("nobody")).rejects.toMatchObject({ code: 404, detail: "no user is called nobody" });
  });
});
