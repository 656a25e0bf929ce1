import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { decodeMessage } from "./decode.ts";
import { encodeMessage } from "./encode.ts";
import { type Instance, instanceOf } from "./instance.ts";
import { ipBytes } from "./ip.ts";
import { message, type Question, type Text, types } from "./message.ts";
import { announcement, assertFits, createZone, goodbye } from "./zone.ts";

const { packets } = JSON.parse(readFileSync(new URL("./vectors/go-micro-2.9.1.json", import.meta.url), "utf8")) as {
  packets: Record<string, string>;
};
const decoded = (kind: string) => decodeMessage(Buffer.from(packets[kind] ?? "", "hex"));
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

const id = "greeter-6ba7b810-9dad-41d1-80b4-00c04fd430c8";
const name = `${id}.greeter.micro`;

// The node that Go registered when its packets were taken down; its text is Go's, since deflate differs.
function goInstance(kind = "answer", address = "10.0.0.5"): Instance {
  const text = decoded(kind).answers.find((record): record is Text => record.kind === "TXT")?.strings ?? [];
  const host = "greeter-host";
  return { name, service: "greeter", id, port: 43_211, address: ipBytes(address) ?? new Uint8Array(), text, host };
}

function instance(service: string, n: number): Instance {
  const host = "box";
  return { ...goInstance(), name: `n${n}.${service}.micro`, service, id: `n${n}`, host };
}

function zoneOf(...instances: Instance[]) {
  const zone = createZone("micro");
  for (const one of instances) zone.put(one);
  return zone;
}

const asking = (question: Partial<Question>) =>
  message({ id: 7, questions: [{ name: "greeter.micro", type: types.PTR, class: 1, ...question }] });

describe("the zone", () => {
  it("answers Go's questions with Go's bytes", () => {
    const zone = zoneOf(goInstance());
    for (const [question, answer] of [
      ["query", "answer"],
      ["listQuery", "listAnswer"],
    ] as const)
      expect(zone.answersTo(decoded(question)).map((sent) => hex(encodeMessage(sent)))).toEqual([packets[answer]]);
    const toInstance = zone.answersTo(asking({ name, type: types.ANY })).map((sent) => hex(encodeMessage(sent)));
    expect(toInstance).toEqual([packets.instanceAnswer]);
    const toEnum = zone.answersTo(asking({ name: "_services._dns-sd._udp.micro" }));
    expect(toEnum.map((sent) => hex(encodeMessage(sent)))).toEqual([packets.enumAnswer]);
  });

  it("answers for an IPv6 node, and for one with a long text, with Go's bytes", () => {
    for (const [kind, address] of [
      ["answerIPv6", "fd00::5"],
      ["answerLarge", "10.0.0.5"],
    ] as const) {
      const [answer] = zoneOf(goInstance(kind, address)).answersTo(decoded("query"));
      expect(answer && hex(encodeMessage(answer)), kind).toBe(packets[kind]);
    }
  });

  it("repeats the id of a question that wants its answer by unicast", () => {
    const [answer] = zoneOf(goInstance()).answersTo({ ...asking({ class: 0x8001 }), id: 0x1234 });
    expect(answer && hex(encodeMessage(answer))).toBe(packets.unicastAnswer);
  });

  it("announces and says goodbye as Go does", () => {
    expect(announcement(goInstance())).toEqual(decoded("announcement"));
    expect(goodbye(goInstance())).toEqual(decoded("goodbye"));
  });

  it("answers with one packet a node, in which the question comes first and SRV before the address", () => {
    const zone = zoneOf(instance("greeter", 1), instance("greeter", 2), instance("other", 3));
    const answers = zone.answersTo(asking({}));
    expect(answers.map(({ questions }) => questions)).toEqual([asking({}).questions, asking({}).questions]);
    expect(answers.map((answer) => answer.answers.map(({ kind, name }) => `${kind} ${name}`))).toEqual(
      [1, 2].map((n) => ["PTR greeter.micro", `SRV n${n}.greeter.micro`, "A box", `TXT n${n}.greeter.micro`]),
    );
    expect(answers.map(({ id, flags }) => [id, flags])).toEqual([
      [0, 0x8400],
      [0, 0x8400],
    ]);
  });

  it("answers for one node by kind of record", () => {
    const zone = zoneOf(goInstance());
    const kinds = (type: number) =>
      zone.answersTo(asking({ name, type })).flatMap(({ answers }) => answers.map(({ kind }) => kind));
    expect(kinds(types.SRV)).toEqual(["SRV", "A"]);
    expect(kinds(types.TXT)).toEqual(["TXT"]);
    expect(kinds(types.A)).toEqual(["A"]);
    expect(kinds(types.AAAA)).toEqual([]);
    expect(kinds(types.PTR)).toEqual([]); // Go's probe
  });

  it("says nothing to answers, to questions about others, in other domains or of another kind, or to foreign opcodes", () => {
    const zone = zoneOf(goInstance());
    for (const query of [
      { ...asking({}), flags: 0x8400 },
      { ...asking({}), flags: 0x2800 },
      { ...asking({}), flags: 0x0003 },
      asking({ name: "other.micro" }),
      asking({ name: "greeter.local" }),
      asking({ name: "micro" }),
      asking({ name: "" }),
      asking({ type: types.TXT }),
    ])
      expect(zone.answersTo(query)).toEqual([]);
  });

  it("lists a service until its last node is gone", () => {
    const zone = zoneOf(instance("greeter", 1), instance("greeter", 2));
    const list = () => zone.answersTo(asking({ name: "_services.micro" }));
    expect(list()).toHaveLength(1);
    zone.delete("n1.greeter.micro");
    expect(list()).toHaveLength(1);
    zone.delete("n2.greeter.micro");
    expect(list()).toEqual([]);
    expect(zone.size).toBe(0);
  });
});

describe("a node to be registered", () => {
  const record = (service: string, metadata = {}) => ({
    name: service,
    version: "1",
    metadata: {},
    endpoints: [],
    nodes: [{ id: "n1", address: "10.0.0.5:80", metadata }],
  });
  const of = (address: string, service = "greeter", nodeId = "n1") =>
    instanceOf(record(service), { id: nodeId, address, metadata: {} }, "micro");

  it("takes its address as IPv4, as IPv6, or as a name that can be looked up", async () => {
    expect([...(await of("10.0.0.5:80")).address]).toEqual([10, 0, 0, 5]);
    expect((await of("[fd00::5]:80")).address).toHaveLength(16);
    expect((await of("[::ffff:10.0.0.5]:80")).address).toHaveLength(4);
    expect([...(await of("localhost:80")).address]).toEqual([127, 0, 0, 1]);
  });

  it("is refused with 400 and its fault by name when mDNS cannot carry it", async () => {
    for (const [[address, service, nodeId], why] of [
      [["10.0.0.5"], 'address "10.0.0.5" is not host:port'],
      [["_INBOX.abc"], "is not host:port"],
      [[":80"], "is not host:port"],
      [["10.0.0.5:0"], "port from 1 to 65535"],
      [["10.0.0.5:65536"], "port from 1 to 65535"],
      [[`${"x".repeat(64)}:80`], "cannot be looked up"],
      [["[fe80::1%lo]:80"], "means nothing on another machine"],
      [["10.0.0.5:80", "a..b"], "empty part"],
      [["10.0.0.5:80", ""], "empty part"],
      [["10.0.0.5:80", "_services"], "under which services are listed"],
      [["10.0.0.5:80", "a\\b"], "backslash"],
      [["10.0.0.5:80", "greeter", "x".repeat(64)], `part "${"x".repeat(64)}" has 64 bytes, and DNS allows 63`],
      [["10.0.0.5:80", "ü".repeat(32)], "has 64 bytes"],
      [["10.0.0.5:80", Array(50).fill("abcd").join(".")], "too long for DNS"],
    ] as [[string, string?, string?], string][])
      await expect(of(address, service, nodeId), why).rejects.toMatchObject({
        code: 400,
        detail: expect.stringContaining(why),
      });
  });

  it("fits when the last part of the service's name has 26 bytes and the id ends in a UUID", async () => {
    const service = `go.micro.srv.${"x".repeat(26)}`;
    const node = { id: `${service}-6ba7b810-9dad-41d1-80b4-00c04fd430c8`, address: "10.0.0.5:80", metadata: {} };
    const carried = await instanceOf(record(service), node, "micro");
    expect(decodeMessage(encodeMessage(announcement(carried)))).toEqual(announcement(carried));
    await expect(instanceOf(record(`${service}y`), { ...node, id: `y${node.id}` }, "micro")).resolves.toBeDefined();
    const tooLong = { ...node, id: `${service}y${node.id.slice(service.length)}` };
    await expect(instanceOf(record(`${service}y`), tooLong, "micro")).rejects.toMatchObject({ code: 400 });
  });

  it("is refused when its description does not fit a packet", async () => {
    const noise = Array.from({ length: 2_000 }, (_, i) => Math.sin(i).toString(36)).join("");
    const [node] = record("greeter", { noise }).nodes;
    const large = await instanceOf(record("greeter"), node ?? expect.fail(), "micro");
    expect(() => assertFits(large, "micro")).toThrow("less metadata or fewer endpoints");
    expect(() => assertFits(goInstance("answerLarge"), "micro")).not.toThrow();
  });
});
