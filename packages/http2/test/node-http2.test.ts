import { once } from "node:events";
import * as http2 from "node:http2";
import { type AddressInfo, createServer, type Server } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { type ConnectOptions, connect } from "../src/connect.ts";
import type { Connection } from "../src/connection.ts";
import { ErrorCode } from "../src/errors.ts";
import { accept, type SocketOptions } from "../src/socket.ts";
import type { Stream } from "../src/stream.ts";
import { eventually } from "./eventually.ts";
import { type Received, recorder, requestFields } from "./wire.ts";

// Both directions against the HTTP/2 of Node, which stands on nghttp2: another implementation of the same RFCs.

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Our server; answers with the body of the request and a trailer. */
async function ourServer(options: SocketOptions = {}): Promise<{ port: number; connections: Connection[] }> {
  const connections: Connection[] = [];
  const server: Server = createServer((socket) => {
    connections.push(accept(socket, { onStream: echoStream, ...options }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closers.push(() => {
    for (const connection of connections) connection.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, connections };
}

function echoStream(stream: Stream): void {
  const parts: Buffer[] = [];
  stream.handler = {
    onData: (_, chunk, start, end) => {
      parts.push(chunk.subarray(start, end));
      stream.consumed(end - start);
    },
    onEnd: () => {
      stream.respond([":status", "200", "content-type", "application/grpc"]);
      for (const part of parts) stream.write(part);
      stream.writeTrailers(["grpc-status", "0"]);
    },
  };
}

function nodeClient(port: number, options: http2.ClientSessionOptions = {}): http2.ClientHttp2Session {
  const session = http2.connect(`http://127.0.0.1:${port}`, options);
  closers.push(() => session.destroy());
  return session;
}

interface NodeResponse {
  status: number | undefined;
  body: Buffer;
  trailers: http2.IncomingHttpHeaders;
}

function nodeCall(
  session: http2.ClientHttp2Session,
  body: Buffer,
  headers: http2.OutgoingHttpHeaders = {},
): Promise<NodeResponse> {
  return new Promise((resolve, reject) => {
    const request = session.request({ ":method": "POST", ":path": "/test", ...headers });
    const parts: Buffer[] = [];
    const response: NodeResponse = { status: undefined, body, trailers: {} };
    request.on("response", (fields) => {
      response.status = fields[":status"];
    });
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("trailers", (fields) => {
      response.trailers = fields;
    });
    request.on("error", reject);
    request.on("close", () => resolve({ ...response, body: Buffer.concat(parts) }));
    request.end(body);
  });
}

/** A server of Node's, with its sessions. */
async function nodeServer(
  onStream: (stream: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders) => void,
  options: http2.ServerOptions = {},
): Promise<{ port: number; sessions: http2.ServerHttp2Session[] }> {
  const sessions: http2.ServerHttp2Session[] = [];
  const server = http2.createServer(options);
  server.on("session", (session) => sessions.push(session));
  server.on("stream", onStream);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closers.push(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, sessions };
}

function echoNode(stream: http2.ServerHttp2Stream): void {
  const parts: Buffer[] = [];
  stream.on("data", (part: Buffer) => parts.push(part));
  stream.on("end", () => {
    stream.respond({ ":status": 200 }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    stream.end(Buffer.concat(parts));
  });
  stream.on("error", () => undefined); // resets are what some tests are about
}

function ourClient(port: number, options: Partial<ConnectOptions> = {}): Connection {
  const connection = connect({ host: "127.0.0.1", port, ...options });
  closers.push(() => connection.destroy());
  return connection;
}

function ourCall(connection: Connection, body: Buffer, more: readonly string[] = []): Promise<Received> {
  return new Promise((resolve) => {
    const response = recorder();
    response.onClose = (_, code) => {
      response.code = code;
      resolve(response);
    };
    connection.request(response, requestFields, more).write(body, true);
  });
}

describe("node's client and our server", () => {
  it.each([0, 1, 20_000, 5_000_000])("exchange bodies of %i bytes, with trailers", async (bytes) => {
    const { port } = await ourServer();
    const body = Buffer.alloc(bytes, "0123456789abc");
    const response = await nodeCall(nodeClient(port), body);
    expect(response.status).toBe(200);
    expect(response.body.equals(body)).toBe(true);
    expect(response.trailers["grpc-status"]).toBe("0");
  });

  it("carry 300 calls at once over one connection", async () => {
    const { port } = await ourServer();
    const session = nodeClient(port);
    const bodies = Array.from({ length: 300 }, (_, i) => Buffer.alloc(i * 50, `${i}.`));
    const responses = await Promise.all(bodies.map((body) => nodeCall(session, body)));
    responses.forEach(({ body }, i) => {
      expect(body.equals(bodies[i] ?? Buffer.alloc(0))).toBe(true);
    });
  });

  it("get along with tiny windows on both sides", async () => {
    const limits = { streamWindowBytes: 1000, maxStreamWindowBytes: 1000 };
    const { port } = await ourServer({ limits });
    const session = nodeClient(port, { settings: { initialWindowSize: 700 } });
    const body = Buffer.alloc(50_000, "tiny windows");
    const responses = await Promise.all([1, 2, 3].map(() => nodeCall(session, body)));
    for (const response of responses) expect(response.body.equals(body)).toBe(true);
  });

  it("agree on a header table of another size, and on many different headers", async () => {
    const { port } = await ourServer({ limits: { headerTableBytes: 256 } });
    const session = nodeClient(port, { settings: { headerTableSize: 0 } });
    for (let i = 0; i < 30; i++) {
      const response = await nodeCall(session, Buffer.from("x"), {
        [`x-${i % 7}`]: `value ${i}`,
        "x-long": "y".repeat(i * 20),
      });
      expect(response.status).toBe(200);
    }
  });

  it("carry headers that need CONTINUATION", async () => {
    let seen = "";
    const { port } = await ourServer({
      onStream: (stream, headers) => {
        seen = headers.get("x-long") ?? "";
        stream.respond([":status", "200", "x-long", seen], [], true);
      },
    });
    const long = "~".repeat(40_000);
    const response = await nodeCall(nodeClient(port, { maxHeaderListPairs: 1000 } as object), Buffer.alloc(0), {
      "x-long": long,
    });
    expect(response.status).toBe(200);
    expect(seen).toBe(long);
  });

  it("end gracefully: the open call finishes, then both close", async () => {
    let finish: (() => void) | undefined;
    const { port, connections } = await ourServer({
      onStream: (stream) => {
        finish = () => stream.respond([":status", "200"], [], true);
      },
    });
    const session = nodeClient(port);
    const goaways: number[] = [];
    const closed = once(session, "close");
    const call = nodeCall(session, Buffer.from("x"));
    session.on("goaway", (code) => goaways.push(code));
    await once(session, "remoteSettings");
    await eventually(() => finish !== undefined);
    connections[0]?.drain();
    await eventually(() => goaways.length > 0);
    expect(session.closed || session.destroyed || goaways.length > 0).toBe(true);
    finish?.();
    expect((await call).status).toBe(200);
    await closed;
    await eventually(() => connections[0]?.closed === true);
    expect(connections[0]?.error).toBe(undefined);
  });

  it("tell each other of resets", async () => {
    const codes: number[] = [];
    const { port } = await ourServer({
      onStream: (stream, headers) => {
        if (headers.get("x-reset") === "server") stream.reset(ErrorCode.ENHANCE_YOUR_CALM);
        else stream.respond([":status", "200"]);
        stream.handler = { onClose: (_, code) => void codes.push(code) };
      },
    });
    const session = nodeClient(port);
    await expect(nodeCall(session, Buffer.from("x"), { "x-reset": "server" })).rejects.toThrow(/CALM/);
    const request = session.request({ ":method": "POST", ":path": "/" });
    await once(request, "response");
    request.close(http2.constants.NGHTTP2_CANCEL);
    await eventually(() => codes.includes(ErrorCode.CANCEL));
  });

  it("hold a fast sender back while the consumer is slow", async () => {
    let served: Stream | undefined;
    let arrived = 0;
    const { port } = await ourServer({
      limits: { streamWindowBytes: 65_535 },
      onStream: (stream) => {
        served = stream;
        stream.handler = {
          onData: (_, _chunk, start, end) => {
            arrived += end - start;
          },
        };
      },
    });
    const request = nodeClient(port).request({ ":method": "POST", ":path": "/" });
    request.on("error", () => undefined);
    request.end(Buffer.alloc(200_000));
    await eventually(() => arrived === 65_535);
    served?.consumed(40_000);
    await eventually(() => arrived === 105_535);
  });
});

describe("our client and node's server", () => {
  it.each([0, 1, 20_000, 5_000_000])("exchange bodies of %i bytes, with trailers", async (bytes) => {
    const { port } = await nodeServer(echoNode);
    const body = Buffer.alloc(bytes, "0123456789abc");
    const response = await ourCall(ourClient(port), body);
    expect(response.headers?.slice(0, 2)).toEqual([":status", "200"]);
    expect(response.body.equals(body)).toBe(true);
    expect(response.trailers).toEqual(["grpc-status", "0"]);
    expect(response.code).toBe(0);
  });

  it("carry 300 calls at once, 100 of them at a time", async () => {
    const { port } = await nodeServer(echoNode, { settings: { maxConcurrentStreams: 100 } });
    const connection = ourClient(port);
    const bodies = Array.from({ length: 300 }, (_, i) => Buffer.alloc(i * 50, `${i}.`));
    const responses = await Promise.all(bodies.map((body) => ourCall(connection, body)));
    responses.forEach(({ body, code }, i) => {
      expect(code).toBe(0);
      expect(body.equals(bodies[i] ?? Buffer.alloc(0))).toBe(true);
    });
  });

  it("get along with tiny windows on both sides", async () => {
    const { port } = await nodeServer(echoNode, { settings: { initialWindowSize: 700 } });
    const connection = ourClient(port, { limits: { streamWindowBytes: 1000, maxStreamWindowBytes: 1000 } });
    const body = Buffer.alloc(50_000, "tiny windows");
    const responses = await Promise.all([1, 2, 3].map(() => ourCall(connection, body)));
    for (const response of responses) expect(response.body.equals(body)).toBe(true);
  });

  it("agree on header tables of any size", async () => {
    const { port } = await nodeServer(echoNode, { settings: { headerTableSize: 100 } });
    const connection = ourClient(port, { limits: { headerTableBytes: 0 } });
    for (let i = 0; i < 30; i++) {
      const response = await ourCall(connection, Buffer.from("x"), [
        `x-${i % 7}`,
        `value ${i % 3}`,
        "x-long",
        "y".repeat(i * 20),
      ]);
      expect(response.code).toBe(0);
    }
  });

  it("end gracefully when the server does: open calls finish, later ones are refused", async () => {
    const open: http2.ServerHttp2Stream[] = [];
    const { port, sessions } = await nodeServer((stream) => void open.push(stream));
    let goaway = false;
    const connection = ourClient(port, {
      onGoaway: () => {
        goaway = true;
      },
    });
    const call = ourCall(connection, Buffer.from("x"));
    await eventually(() => open.length === 1);
    sessions[0]?.close();
    await eventually(() => goaway);
    expect(connection.accepting).toBe(false);
    open[0]?.respond({ ":status": 200 });
    open[0]?.end("done");
    const response = await call;
    expect(response.body.toString()).toBe("done");
    expect(response.code).toBe(0);
    await eventually(() => connection.closed);
    expect(connection.error).toBe(undefined);
  });

  it("tell each other of resets", async () => {
    const codes: (number | undefined)[] = [];
    const { port } = await nodeServer((stream, headers) => {
      stream.on("error", () => undefined);
      stream.on("close", () => codes.push(stream.rstCode));
      if (headers["x-reset"] === "server") stream.close(http2.constants.NGHTTP2_REFUSED_STREAM);
      else stream.respond({ ":status": 200 });
    });
    const connection = ourClient(port);
    const refused = await ourCall(connection, Buffer.from("x"), ["x-reset", "server"]);
    expect(refused.code).toBe(ErrorCode.REFUSED_STREAM);
    const stream = connection.request({ onHeaders: () => stream.reset() }, requestFields);
    await eventually(() => codes.includes(ErrorCode.CANCEL));
  });
});
