import type { Flag } from "@micro/core";
import type { Command, CommandFace, CommandGroup } from "../command.ts";
import type { RunAsk } from "./ask.ts";
import { faces } from "./faces.ts";
import {
  addressFlag,
  checkAddressFlag,
  checkServiceFlag,
  countFlag,
  healthAddressFlag,
  metadataFlag,
  outputFlag,
  queueFlag,
  replyFlag,
  ttlFlag,
} from "./flags.ts";

/** A command that asks services; the interactive shell runs it in a session that stays open. */
export interface ClientCommand extends Command {
  readonly flags: readonly Flag[];
  /** Brings in the part that asks. */
  loadAsk(): Promise<RunAsk<readonly Flag[]>>;
}

/** The commands that ask services. */
export const clientCommands: readonly ClientCommand[] = [
  asking(faces.list, [outputFlag], async () => (await import("./registry-asks.ts")).list),
  asking(faces.get, [outputFlag], async () => (await import("./registry-asks.ts")).get),
  asking(faces.call, [addressFlag, replyFlag, metadataFlag], async () => (await import("./service-asks.ts")).call),
  asking(
    faces.stream,
    [addressFlag, replyFlag, metadataFlag, countFlag],
    async () => (await import("./service-asks.ts")).stream,
  ),
  asking(faces.publish, [metadataFlag], async () => (await import("./service-asks.ts")).publish),
  asking(
    faces.subscribe,
    [outputFlag, queueFlag, countFlag],
    async () => (await import("./service-asks.ts")).subscribe,
  ),
  asking(
    faces.health,
    [outputFlag, addressFlag, checkServiceFlag, checkAddressFlag, healthAddressFlag],
    async () => (await import("./service-asks.ts")).health,
  ),
  asking(faces.stats, [outputFlag], async () => (await import("./service-asks.ts")).stats),
  asking(faces.register, [ttlFlag], async () => (await import("./registry-asks.ts")).register),
  asking(faces.deregister, [], async () => (await import("./registry-asks.ts")).deregister),
];

/** Some of them again, under the word that go-micro groups them by. */
export const registryCommands: CommandGroup = {
  name: "registry",
  summary: "list, get, register and deregister, under one word",
  commands: clientCommands.filter(({ name }) => ["list", "get", "register", "deregister"].includes(name)),
};

function asking<const Table extends readonly Flag[]>(
  ownFace: CommandFace,
  flags: Table,
  load: () => Promise<RunAsk<Table>>,
): ClientCommand {
  const face = { ...ownFace, flags };
  return {
    ...face,
    // What runs it reads the flags by the very table that the values are typed by.
    loadAsk: load as () => Promise<RunAsk<readonly Flag[]>>,
    async load() {
      const [{ clientCommand }, run] = await Promise.all([import("./registry-asks.ts"), load()]);
      return clientCommand(face, run);
    },
  };
}
