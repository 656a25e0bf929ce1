import { badRequest } from "../../words/errors.ts";
import { encodeMessage } from "./encode.ts";
import { errorId, type Instance, listName } from "./instance.ts";
import {
  classInternet,
  DnsFormatError,
  flags,
  type Message,
  message,
  type Question,
  type ResourceRecord,
  types,
  unicastBit,
} from "./message.ts";

/** The nodes that this process registered, and what it says about them. */
export interface Zone {
  get(name: string): Instance | undefined;
  put(instance: Instance): void;
  delete(name: string): void;
  values(): Iterable<Instance>;
  readonly size: number;
  /** The packets that answer `query`: one a node or service concerned, since Go reads one node from a packet. */
  answersTo(query: Message): Message[];
}

// Seconds, as go-micro writes them; nobody enforces them.
const ttl = 120;
// SRV records as go-micro writes them. The port of a listed service is only there to be not 0.
const priority = 10;
const weight = 1;
const listPort = 9_999;

export function createZone(domain: string): Zone {
  const instances = new Map<string, Instance>();
  const services = new Map<string, Map<string, Instance>>();
  const listAddress = `${listName}.${domain}`;
  const enumAddress = `_services._dns-sd._udp.${domain}`;

  function records(question: Question): ResourceRecord[][] {
    const list = question.type === types.PTR || question.type === types.ANY;
    if (question.name === listAddress)
      return list ? [...services].map(([name, members]) => listed(name, hostOf(members), domain)) : [];
    if (question.name === enumAddress)
      return list ? [...services.keys()].map((name) => [pointer(enumAddress, `${name}.${domain}`)]) : [];
    const instance = instances.get(question.name);
    if (instance) return [aboutInstance(instance, question.type)].filter((answers) => answers.length > 0);
    if (!list || !question.name.endsWith(`.${domain}`)) return [];
    const members = services.get(question.name.slice(0, -domain.length - 1));
    return [...(members?.values() ?? [])].map((one) => [pointer(question.name, one.name), ...allRecords(one, ttl)]);
  }

  return {
    get: (name) => instances.get(name),
    put(instance) {
      instances.set(instance.name, instance);
      const members = services.get(instance.service) ?? new Map<string, Instance>();
      services.set(instance.service, members.set(instance.name, instance));
    },
    delete(name) {
      const instance = instances.get(name);
      if (!instance) return;
      instances.delete(name);
      const members = services.get(instance.service);
      members?.delete(name);
      if (members?.size === 0) services.delete(instance.service);
    },
    values: () => instances.values(),
    get size() {
      return instances.size;
    },
    answersTo(query) {
      if ((query.flags & (flags.response | flags.opcode | flags.rcode)) !== 0) return [];
      return query.questions.flatMap((question) =>
        records(question).map((answers) =>
          message({
            id: question.class & unicastBit ? query.id : 0,
            flags: flags.response | flags.authoritative,
            questions: query.questions, // Go drops an answer that does not repeat its question
            answers,
          }),
        ),
      );
    },
  };
}

/** Tells everybody that the node is there. */
export function announcement(instance: Instance): Message {
  return message({ flags: flags.response, answers: allRecords(instance, ttl) });
}

/** Tells everybody that the node is gone. */
export function goodbye(instance: Instance): Message {
  return message({ flags: flags.response, answers: allRecords(instance, 0) });
}

/** Throws a 400 `MicroError` when what is to be said about the node does not fit a packet. */
export function assertFits(instance: Instance, domain: string): void {
  const service = `${instance.service}.${domain}`;
  try {
    encodeMessage(
      message({
        questions: [{ name: service, type: types.PTR, class: classInternet }],
        answers: [pointer(service, instance.name), ...allRecords(instance, ttl)],
      }),
    );
  } catch (reason) {
    if (!(reason instanceof DnsFormatError)) throw reason;
    const what = `mdns cannot carry node "${instance.id}" of "${instance.service}"`;
    throw badRequest(errorId, `${what}: ${reason.message}; give it less metadata or fewer endpoints`);
  }
}

function aboutInstance(instance: Instance, type: number): ResourceRecord[] {
  switch (type) {
    case types.ANY:
      return allRecords(instance, ttl);
    case types.SRV:
      return [location(instance, ttl), address(instance, ttl)];
    case types.TXT:
      return [text(instance, ttl)];
    case types.A:
      return instance.address.length === 4 ? [address(instance, ttl)] : [];
    case types.AAAA:
      return instance.address.length === 16 ? [address(instance, ttl)] : [];
    default:
      return [];
  }
}

// The order matters: Go files the address under the SRV record that came before it.
function allRecords(instance: Instance, seconds: number): ResourceRecord[] {
  return [location(instance, seconds), address(instance, seconds), text(instance, seconds)];
}

function location(instance: Instance, seconds: number): ResourceRecord {
  const { name, port, host } = instance;
  return { kind: "SRV", name, class: classInternet, ttl: seconds, priority, weight, port, target: host };
}

function address(instance: Instance, seconds: number): ResourceRecord {
  const kind = instance.address.length === 4 ? "A" : "AAAA";
  return { kind, name: instance.host, class: classInternet, ttl: seconds, address: instance.address };
}

function text(instance: Instance, seconds: number): ResourceRecord {
  return { kind: "TXT", name: instance.name, class: classInternet, ttl: seconds, strings: instance.text };
}

function pointer(name: string, target: string): ResourceRecord {
  return { kind: "PTR", name, class: classInternet, ttl, target };
}

// A service in the list has the form of a node of the service `_services`.
function listed(service: string, host: string, domain: string): ResourceRecord[] {
  const name = `${service}.${listName}.${domain}`;
  const instance = { name, service: listName, id: service, port: listPort, address: new Uint8Array(4), text: [], host };
  return [pointer(`${listName}.${domain}`, name), ...allRecords(instance, ttl)];
}

function hostOf(members: ReadonlyMap<string, Instance>): string {
  for (const { host } of members.values()) return host;
  return "";
}
