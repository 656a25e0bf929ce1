import {
  badRequest,
  decodeRecord,
  RecordError,
  type RegisterOptions,
  type Registry,
  type ServiceRecord,
} from "@micro/core";
import { commandsId } from "./services.ts";

/**
 * The record that a person wrote as JSON, keys in any case. Throws 400 when it is none, or when it has no node, without
 * which there is nothing to add or remove.
 */
export function recordFrom(json: string): ServiceRecord {
  const record = readRecord(json);
  const faulty = record.nodes.findIndex(({ id, address }) => id === "" || address === "");
  if (record.nodes.length === 0)
    throw badRequest(commandsId, `service ${record.name} has no nodes; expected ${example}`);
  if (faulty >= 0)
    throw badRequest(
      commandsId,
      `nodes[${faulty}] of service ${record.name} lacks its id or address; expected ${example}`,
    );
  return record;
}

/** Adds the record's nodes; gives the record. Without `ttlMs` they stay until they are removed, where the registry outlives this process. */
export async function registerService(
  registry: Registry,
  record: ServiceRecord,
  options: RegisterOptions = {},
): Promise<ServiceRecord> {
  await registry.register(record, options);
  return record;
}

/** Removes the record's nodes; gives the record. Removing what is not there is no error. */
export async function deregisterService(registry: Registry, record: ServiceRecord): Promise<ServiceRecord> {
  await registry.deregister(record);
  return record;
}

const example = '{"name":"go.micro.srv.user","version":"latest","nodes":[{"id":"user-1","address":"10.0.0.5:8080"}]}';

function readRecord(json: string): ServiceRecord {
  try {
    return decodeRecord(json);
  } catch (reason) {
    if (!(reason instanceof RecordError)) throw reason;
    throw badRequest(commandsId, `this is no service record: ${reason.message}; expected ${example}`);
  }
}
