import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Logger, silentLogger } from "../../words/logger.ts";
import { decodeMessage } from "./decode.ts";
import type { Message, ResourceRecord } from "./message.ts";
import { message } from "./message.ts";
import { encodePayload } from "./payload.ts";
import { createReader } from "./sightings.ts";

const { packets } = JSON.parse(readFileSync(new URL("./vectors/go-micro-2.9.1.json", import.meta.url), "utf8")) as {
  packets: Record<string, string>;
};
const decoded = (kind: string): Message => decodeMessage(Buffer.from(packets[kind] ?? "", "hex"));

const name = "greeter-6ba7b810-9dad-41d1-80b4-00c04fd430c8.greeter.micro";

function reader() {
  const warnings: string[] = [];
  const warn = (_fields: object | string, text?: string): void => void warnings.push(text ?? "");
  const logger: Logger = { ...silentLogger, warn };
  return { read: createReader("micro", logger), warnings };
}

function answer(changes: Partial<Record<"SRV" | "A" | "TXT", object | null>> = {}): Message {
  const { answers } = decoded("announcement");
  return message({
    flags: 0x8000,
    answers: answers.flatMap((record) => {
      const change = changes[record.kind as "SRV"];
      return change === null ? [] : [{ ...record, ...change } as ResourceRecord];
    }),
  });
}

describe("what a packet says", () => {
  it("is read from each of Go's packets", () => {
    const { read, warnings } = reader();
    const metadata = { protocol: "grpc", server: "grpc" };
    const here = {
      kind: "here",
      name,
      record: {
        name: "greeter",
        version: "latest",
        metadata: {},
        endpoints: [
          { name: "Greeter.Hello", request: { values: [{ name: "name", type: "string", values: [] }] } },
          { name: "Greeter.Watch", metadata: { stream: "true" } },
        ],
        nodes: [{ id: name.slice(0, -".greeter.micro".length), address: "10.0.0.5:43211", metadata }],
      },
    };
    for (const kind of ["answer", "unicastAnswer", "instanceAnswer", "announcement"])
      expect(read(decoded(kind)), kind).toMatchObject([here]);
    expect(read(decoded("answerIPv6"))).toMatchObject([{ record: { nodes: [{ address: "[fd00::5]:43211" }] } }]);
    expect(read(decoded("answerLarge"))).toMatchObject([{ kind: "here", name }]);
    expect(read(decoded("goodbye"))).toEqual([{ kind: "gone", name }]);
    expect(read(decoded("listAnswer"))).toEqual([{ kind: "service", name: "greeter" }]);
    for (const kind of ["query", "listQuery", "probe", "enumAnswer"]) expect(read(decoded(kind)), kind).toEqual([]);
    expect(warnings).toEqual([]);
  });

  it("has equal content when it says the same again", () => {
    const { read } = reader();
    const contents = ["answer", "announcement", "answerIPv6"].map((kind) => {
      const [sighting] = read(decoded(kind));
      return sighting?.kind === "here" ? sighting.content : undefined;
    });
    expect(contents[0]).toBe(contents[1]);
    expect(contents[0]).not.toBe(contents[2]);
  });

  it("is nothing while a record of the node is missing, or its port is 0", () => {
    const { read, warnings } = reader();
    for (const changes of [{ SRV: null }, { A: null }, { TXT: null }, { SRV: { port: 0 } }])
      expect(read(answer(changes))).toEqual([]);
    expect(warnings).toEqual([]);
  });

  it("prefers IPv4 where a host has both", () => {
    const { read } = reader();
    const address = { kind: "AAAA", name: "greeter-host", class: 1, ttl: 120, address: new Uint8Array(16) } as const;
    const both = answer();
    const sighted = [read({ ...both, additionals: [address] }), read({ ...both, answers: [address, ...both.answers] })];
    for (const sightings of sighted)
      expect(sightings).toMatchObject([{ record: { nodes: [{ address: "10.0.0.5:43211" }] } }]);
  });

  it("is skipped with one warning that names the node when it cannot be read", () => {
    const { read, warnings } = reader();
    const other = encodePayload({ service: "other", version: "1", endpoints: [], metadata: {} });
    for (let i = 0; i < 3; i++) {
      expect(read(answer({ TXT: { strings: ["no hex"] } }))).toEqual([]);
      expect(
        read(answer({ SRV: { name: "x.greeter.micro" }, TXT: { name: "x.greeter.micro", strings: other } })),
      ).toEqual([]);
    }
    expect(warnings).toEqual([
      `skipped what mDNS says about ${name}: the TXT record is not hexadecimal`,
      'skipped what mDNS says about x.greeter.micro: its TXT record is about the service "other"',
    ]);
  });

  it("is ignored without a word when it concerns another domain", () => {
    const { read, warnings } = reader();
    const foreign = { name: "printer.greeter.local" };
    expect(read(answer({ SRV: foreign, TXT: { ...foreign, strings: ["txtvers=1"] } }))).toEqual([]);
    expect(warnings).toEqual([]);
  });

  it("costs no more than a bounded number of warnings, whoever sends it", () => {
    const { read, warnings } = reader();
    for (let i = 0; i < 3_000; i++) {
      const bogus = `n${i}.greeter.micro`;
      read(answer({ SRV: { name: bogus }, TXT: { name: bogus, strings: ["?"] } }));
    }
    expect(warnings).toHaveLength(1_024);
  });
});
