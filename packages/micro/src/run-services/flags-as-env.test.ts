import { parseFlags, serviceFlags } from "@micro/core";
import { expect, test } from "vitest";
import { flagsAsEnv } from "./flags-as-env.ts";

test("a service reads from the environment what the flags said", () => {
  const argv = [
    "--registry=etcd",
    "--registry_address=h1:1,h2:2",
    "--server_metadata=a=1",
    "--server_metadata=b=x=y",
    "--client_request_timeout=1m30s",
    "--client_retries=3",
    "--grpc_reflection",
  ];
  const { values } = parseFlags(serviceFlags, { argv, env: {}, program: "x" });
  const env = flagsAsEnv(values);
  expect(env).toMatchObject({ MICRO_REGISTRY: "etcd", MICRO_CLIENT_REQUEST_TIMEOUT: "1m30s" });
  expect(parseFlags(serviceFlags, { argv: [], env, program: "x" }).values).toEqual(values);
});
