import { parseFlags, serviceFlags } from "@micro/core";
import { expect, test } from "vitest";
import { serviceArgv } from "./service-argv.ts";

test("flags of every type survive being written as arguments", () => {
  const argv = [
    "--server_name=a b",
    "--server_metadata=a=1,2",
    "--server_metadata=b=x=y",
    "--client_request_timeout=1m0.5s",
    "--client_retries=0x3",
    "--registry_address=h1:1,h2:2",
    "--log_level=WARN",
  ];
  const { values } = parseFlags(serviceFlags, { argv, env: {}, program: "x" });
  expect(Object.keys(values)).toHaveLength(6);
  expect(parseFlags(serviceFlags, { argv: serviceArgv(values), env: {}, program: "x" }).values).toEqual(values);
});
