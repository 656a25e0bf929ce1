import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseTimeoutHeader } from "../words/deadline.ts";
import { MicroError } from "../words/errors.ts";
import { wireContentType } from "./content-type.ts";
import { fromGrpc, toGrpc } from "./errors.ts";
import { endpointOf, pathOf } from "./path.ts";

// Recorded from go-micro v2.9.1 and checked against it in test/interop/vectors.test.ts.
const recorded = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`../../../../test/interop/vectors/${name}.json`, import.meta.url), "utf8")) as T;

interface RecordedError {
  readonly manner: "error" | "plain" | "panic";
  readonly id?: string;
  readonly code?: number;
  readonly detail: string;
  readonly fields: Readonly<Record<string, string>>;
}

function outcomeOf({ fields }: RecordedError) {
  const bin = fields["grpc-status-details-bin"];
  return {
    status: Number(fields["grpc-status"]),
    message: decodeURIComponent(fields["grpc-message"] ?? ""),
    details: bin === undefined ? undefined : Buffer.from(bin, "base64"),
  };
}

const errors = recorded<RecordedError[]>("errors");
// Go's table has no 429, which travels as UNKNOWN there and as RESOURCE_EXHAUSTED here.
const alike = errors.filter(({ manner, code }) => manner === "error" && code !== 429);

describe("an error that go-micro's server sent", () => {
  it.each(alike)("is written by us with the same bytes: code $code of $id", (error) => {
    const { status, message, details } = toGrpc(new MicroError(error.id ?? "", error.code ?? 0, error.detail));
    const recordedOutcome = outcomeOf(error);
    expect([status, message]).toEqual([recordedOutcome.status, recordedOutcome.message]);
    expect(Buffer.from(details).toString("base64")).toBe(recordedOutcome.details?.toString("base64"));
  });

  it.each(errors.filter(({ manner, code = 0 }) => manner === "error" && code > 0))(
    "is read as it was meant: code $code of $id",
    (error) => {
      const { id, code, detail } = error;
      expect(fromGrpc(outcomeOf(error))).toMatchObject({ id, code, detail, answered: true });
    },
  );

  it("is read as 500 of go.micro.client when it was a plain Go error, as Go's client does", () => {
    const plain = errors.filter(({ manner }) => manner === "plain");
    for (const error of plain) {
      expect(fromGrpc(outcomeOf(error))).toMatchObject({ id: "go.micro.client", code: 500, detail: error.detail });
    }
    expect(plain).toHaveLength(1);
  });

  it("is read as 500 of go.micro.server when the handler panicked", () => {
    const [panic] = errors.filter(({ manner }) => manner === "panic");
    expect(panic && fromGrpc(outcomeOf(panic))).toMatchObject({
      id: "go.micro.server",
      code: 500,
      detail: `panic recovered: ${panic?.detail}`,
    });
  });
});

describe("the headers that go-micro's client sent", () => {
  const calls = recorded<{ contentType: string; fields: Record<string, string> }[]>("headers");

  it.each(calls)("say what ours would for $contentType", ({ contentType, fields }) => {
    expect(fields[":path"]).toBe(pathOf("go.micro.srv.greeter", "Peer.Nothing"));
    expect(endpointOf(fields[":path"] ?? "")).toBe("Peer.Nothing");
    expect(fields["content-type"]).toBe(wireContentType(contentType));
    expect(fields["x-content-type"]).toBe(contentType);
    expect(parseTimeoutHeader(fields.timeout)).toBe(5_000);
  });
});
