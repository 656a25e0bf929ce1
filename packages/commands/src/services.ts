import { MicroError, type Node, notFound, type Registry, type ServiceRecord } from "@micro/core";

/** One running copy of a service, with the version it belongs to. */
export interface ListedNode extends Node {
  readonly service: string;
  readonly version: string;
}

/** What the errors of this package's own say about who raised them. */
export const commandsId = "go.micro.cli";

/** The names of all services, each once, in order. */
export async function listServices(registry: Registry): Promise<string[]> {
  const records = await asked(registry, "list its services", () => registry.listServices());
  return [...new Set(records.map(({ name }) => name))];
}

/** Every node of every service, by service, version and id. One lookup a service, all at once. */
export async function listNodes(registry: Registry): Promise<ListedNode[]> {
  const names = await listServices(registry);
  const found = await Promise.all(names.map((name) => lookUp(registry, name)));
  return found
    .flat()
    .flatMap(({ name, version, nodes }) => byId(nodes).map((node) => ({ service: name, version, ...node })));
}

/** The records of a service, one a version, never none. Rejects with 404 `service not found: NAME` when nobody offers it. */
export async function getService(registry: Registry, name: string): Promise<readonly ServiceRecord[]> {
  const records = await lookUp(registry, name);
  if (records.length === 0) throw notFound(commandsId, `service not found: ${name} in registry ${registry.name}`);
  return records;
}

function lookUp(registry: Registry, name: string): Promise<readonly ServiceRecord[]> {
  return asked(registry, `look up ${name}`, () => registry.getService(name));
}

/** Says what was asked of whom when the registry fails. */
async function asked<T>(registry: Registry, what: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (reason) {
    const { code, detail } = MicroError.from(reason, commandsId);
    throw new MicroError(commandsId, code, `registry ${registry.name} could not ${what}: ${detail}`, { cause: reason });
  }
}

function byId(nodes: readonly Node[]): Node[] {
  return [...nodes].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}
