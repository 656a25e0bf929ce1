import {
  health as askHealth,
  healthAt,
  healthJson,
  healthStatus,
  healthText,
  isHealthy,
  type ServiceAnswers,
} from "@micro/commands";
import { ConfigError } from "@micro/core";
import { CommandFailure } from "../command.ts";
import { type RunAsk, words } from "./ask.ts";
import type { addressFlag, checkAddressFlag, checkServiceFlag, healthAddressFlag, outputFlag } from "./flags.ts";

type Flags = readonly [
  typeof outputFlag,
  typeof addressFlag,
  typeof checkServiceFlag,
  typeof checkAddressFlag,
  typeof healthAddressFlag,
];

/** `micro health SERVICE`, and without a name the server for probes. */
export const health: RunAsk<Flags> = async (ask) => {
  const { session, values, args, style, signal, out } = ask;
  if (args.length === 0 && values.check_service !== undefined) {
    await serve(ask);
    return;
  }
  const [service] = words(args, ["the service's name"], { example: "micro health go.micro.srv.user" });
  const client = await session.client();
  if (values.address) {
    const answers = await healthAt(client, service, values.address, { signal });
    for (const answer of answers) out(`${healthStatus(answer)}\n`);
    failUnless(answers.every(isHealthy), service);
    return;
  }
  const answers = await askHealth({ registry: await session.registry(), client }, service, { signal });
  const paint = (status: string, healthy: boolean): string => (healthy ? style.good(status) : style.bad(status));
  out(`${values.output === "json" ? healthJson(answers) : healthText(answers, paint)}\n`);
  failUnless(everyNode(answers), service);
};

const serve: RunAsk<Flags> = async ({ session, values, signal, err }) => {
  const { check_service: service = "", check_address: node, address, health_address } = values;
  if (node === undefined)
    throw new ConfigError(`--check_address is missing: the node of ${service} to be asked, host:port`);
  const [{ serveHealth }, client] = await Promise.all([import("./serve-health.ts"), session.client()]);
  const listen = address?.[0] ?? health_address ?? ":8088";
  const ask = async (): Promise<boolean> => (await healthAt(client, service, [node], { signal })).every(isHealthy);
  await serveHealth(ask, {
    address: listen,
    signal,
    listening: (at) => err(`micro: GET /health is answered on ${at}\n`),
  });
};

function everyNode(answers: ServiceAnswers<{ status: string }>): boolean {
  return answers.versions.every(({ nodes }) => nodes.every(({ answer }) => answer?.status === "ok"));
}

/** A script asks for the exit code. */
function failUnless(healthy: boolean, service: string): void {
  if (!healthy) throw new CommandFailure(`not every node of ${service} is well`);
}
