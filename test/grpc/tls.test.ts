import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type ClientTls, grpc, grpcJs, type Server } from "@micro/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { endingCases, messageCases, metadataCases } from "./client-cases.ts";
import { type GoServer, type GoTls, goTlsClient, requireGrpcGo, startGoTlsServer } from "./go-programs.ts";
import { type OurClient, openOurClient, startOurServer } from "./our-side.ts";

const run = promisify(execFile);
const available = await requireGrpcGo();
const engines = [
  ["ours", grpc],
  ["grpc-js", grpcJs],
] as const;

/** A certificate for 127.0.0.1 that is its own authority, and its key. */
interface Identity {
  readonly cert: string;
  readonly key: string;
  readonly files: { readonly cert: string; readonly key: string };
}

let folder: string;
let host: Identity;
let caller: Identity;
let stranger: Identity;

async function identity(name: string, address: string): Promise<Identity> {
  const files = { cert: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) };
  await run("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"],
    ...["-subj", `/CN=${name}`, "-addext", `subjectAltName=IP:${address}`],
    ...["-keyout", files.key, "-out", files.cert],
  ]);
  return { cert: await readFile(files.cert, "utf8"), key: await readFile(files.key, "utf8"), files };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "micro-tls-"));
  [host, caller, stranger] = await Promise.all([
    identity("host", "127.0.0.1"),
    identity("caller", "127.0.0.1"),
    identity("stranger", "127.0.0.2"),
  ]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const shown = ({ cert, key }: Identity) => ({ cert, key });

describe.skipIf(!available).each(engines)("grpc-go's client over TLS on our server, engine %s", (_engine, protocol) => {
  let server: Server;
  let port: number;
  const trusting = (): GoTls => ({ ca: host.files.cert });

  describe("that asks for no certificate", () => {
    beforeAll(async () => {
      ({ server, port } = await startOurServer(protocol, { tls: shown(host) }));
    });
    afterAll(() => server?.close());

    it("passes its cases", async () => {
      expect(await goTlsClient(port, trusting())).toEqual({ code: 0, output: "all cases passed\n" });
    });

    it("refuses a server that nobody vouches for", async () => {
      const { code, output } = await goTlsClient(port, { ca: stranger.files.cert });
      expect([code, output]).toEqual([1, expect.stringContaining("certificate signed by unknown authority")]);
    });
  });

  describe("that asks for one", () => {
    beforeAll(async () => {
      const tls = { ...shown(host), ca: caller.cert, requestCert: true, rejectUnauthorized: true };
      ({ server, port } = await startOurServer(protocol, { tls }));
    });
    afterAll(() => server?.close());

    it("passes its cases with the right one", async () => {
      const { code, output } = await goTlsClient(port, { ...trusting(), ...caller.files });
      expect([code, output]).toEqual([0, "all cases passed\n"]);
    });

    it("is not served without one, or with a stranger's", async () => {
      const before = server.calls().requests;
      for (const files of [{}, stranger.files]) {
        const { code, output } = await goTlsClient(port, { ...trusting(), ...files });
        expect([code, output]).toEqual([1, expect.stringContaining("code = Unavailable")]);
      }
      expect(server.calls().requests).toBe(before);
    });
  });
});

describe.skipIf(!available).each(engines)("our client over TLS on grpc-go's server, engine %s", (_engine, protocol) => {
  let go: GoServer;
  let client: OurClient;
  const clients: OurClient[] = [];

  function open(tls: ClientTls): OurClient {
    const opened = openOurClient(protocol, { tls });
    clients.push(opened);
    return opened;
  }

  beforeAll(async () => {
    go = await startGoTlsServer({ ...host.files, ca: caller.files.cert });
    client = open({ ca: host.cert, ...shown(caller) });
  });
  afterAll(async () => {
    for (const each of clients) await each[Symbol.asyncDispose]();
    await go?.process.stop();
  });

  it.each(Object.entries({ ...messageCases, ...metadataCases, ...endingCases }))("passes %s", (_name, check) =>
    check(client, go.address),
  );

  it("says that nobody vouches for the server's certificate, surely not run", async () => {
    const { calls } = open({ ca: stranger.cert, ...shown(caller) });
    await expect(calls.emptyCall({}, { address: go.address })).rejects.toMatchObject({
      code: 503,
      unprocessed: true,
      detail: expect.stringMatching(new RegExp(`${go.address}.*(self[- ]signed|unable to verify).*certificate`)),
    });
  });

  it("says that the certificate is of another name", async () => {
    const { calls } = open({ ca: host.cert, ...shown(caller), serverName: "elsewhere.example" });
    await expect(calls.emptyCall({}, { address: go.address })).rejects.toMatchObject({
      code: 503,
      unprocessed: true,
      detail: expect.stringMatching(/elsewhere\.example/),
    });
  });

  it.each([
    ["none", () => ({}), /the peer wants to be shown a certificate|refuses the certificate/],
    ["a stranger's", () => shown(stranger), /the peer refuses the certificate that it was shown/],
  ])("says that its own certificate is refused: %s", async (_whose, show, detail) => {
    const { calls } = open({ ca: host.cert, ...show() });
    const refused = calls.emptyCall({}, { address: go.address, retries: 0 });
    await expect(refused).rejects.toMatchObject({ code: 503, detail: expect.stringMatching(detail) });
  });

  it("says that it speaks TLS to a server in clear, or in clear to one with TLS", async () => {
    const inClear = openOurClient(protocol);
    clients.push(inClear);
    await expect(inClear.calls.emptyCall({}, { address: go.address })).rejects.toMatchObject({ code: 503 });
    const { server, port } = await startOurServer(protocol);
    try {
      await expect(client.calls.emptyCall({}, { address: `127.0.0.1:${port}` })).rejects.toMatchObject({
        code: 503,
        unprocessed: true,
        detail: expect.stringContaining("TLS"),
      });
    } finally {
      await server.close();
    }
  });
});
