import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadProto } from "./load-proto.ts";

describe("loadProto", () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "micro-proto-"));
    await writeFile(
      join(folder, "types.proto"),
      'syntax = "proto3"; package shared; message Name { string text = 1; }',
    );
    await writeFile(
      join(folder, "greeter.proto"),
      `syntax = "proto3";
       package greeter;
       import "types.proto";
       import "google/protobuf/timestamp.proto";
       message Outer { message Inner { string word = 1; } Inner inner = 1; repeated Kind kinds = 2; }
       enum Kind { NONE = 0; SOME = 1; }
       message Request { Outer outer = 4; shared.Name name = 1; int64 number = 2; repeated string tags = 3; }
       message Response { google.protobuf.Timestamp at = 1; }
       service Greeter {
         rpc SayHello(Request) returns (Response) { option idempotency_level = NO_SIDE_EFFECTS; }
         rpc Watch(Request) returns (stream Response);
         rpc Collect(stream Request) returns (Response);
         rpc Chat(stream Request) returns (stream Response);
       }`,
    );
    await writeFile(join(folder, "broken.proto"), "message {");
  });

  afterAll(() => rm(folder, { recursive: true }));

  it("gives services whose messages are ready to use, imports included", async () => {
    const greeter = (await loadProto("greeter.proto", { includeDirs: [folder] })).get("greeter.Greeter");
    expect(greeter).toMatchObject({
      name: "Greeter",
      fullName: "greeter.Greeter",
      methods: {
        sayHello: { kind: "unary", name: "SayHello", idempotent: true },
        watch: { kind: "server-stream", name: "Watch" },
        collect: { kind: "client-stream" },
        chat: { kind: "duplex" },
      },
    });
    const { request, response } = greeter?.methods.sayHello ?? {};
    const outer = { inner: { word: "deep" }, kinds: [1] };
    const value = { outer, name: { text: "ann" }, number: 9_007_199_254_740_993n, tags: ["a", "b"] };
    expect(request?.decode(request.encode(value))).toEqual(value);
    expect(response?.toJson({ at: { seconds: 1n } })).toEqual({ at: "1970-01-01T00:00:01Z" });
  });

  it.each(["missing.proto", "broken.proto"])("rejects naming %s", async (file) => {
    await expect(loadProto(join(folder, file))).rejects.toMatchObject({
      name: "ConfigError",
      message: expect.stringContaining(file),
    });
  });
});
