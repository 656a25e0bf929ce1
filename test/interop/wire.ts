import { connect, createServer, type IncomingHttpHeaders } from "node:http2";
import type { AddressInfo } from "node:net";

/** Calls a gRPC server with bare HTTP/2 and gives the fields with which the call ended, as they stood on the wire. */
export async function endOfCall(address: string, path: string, message: Uint8Array): Promise<IncomingHttpHeaders> {
  const session = connect(`http://${address}`);
  try {
    return await new Promise((resolve, reject) => {
      session.on("error", reject);
      const stream = session.request({
        ":method": "POST",
        ":path": path,
        "content-type": "application/grpc+proto",
        te: "trailers",
      });
      let ending: IncomingHttpHeaders = {};
      stream.on("response", (headers) => (ending = headers));
      stream.on("trailers", (headers) => (ending = headers));
      stream.on("error", reject);
      stream.on("close", () => resolve(ending));
      stream.resume();
      const prefix = Buffer.alloc(5);
      prefix.writeUInt32BE(message.length, 1);
      stream.end(Buffer.concat([prefix, message]));
    });
  } finally {
    session.close();
  }
}

/** A gRPC server that answers every call with an empty message and notes the headers that came. */
export async function headerSink(): Promise<{ address: string; seen: IncomingHttpHeaders[]; close(): Promise<void> }> {
  const seen: IncomingHttpHeaders[] = [];
  const server = createServer();
  const sessions = new Set<{ close(): void }>();
  server.on("session", (session) => sessions.add(session));
  server.on("stream", (stream, headers) => {
    seen.push(headers);
    stream.resume();
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    stream.respond({ "content-type": headers["content-type"] }, { waitForTrailers: true });
    stream.end(Buffer.alloc(5));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const session of sessions) session.close();
      }),
  };
}
