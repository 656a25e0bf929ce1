// One of the two servers of unary.mjs, in a process of its own: answers each request with its body and a trailer.
import * as nodeHttp2 from "node:http2";
import { createServer } from "node:net";
import { accept, HeaderTemplate } from "../dist/index.js";

const server = process.argv[2] === "ours" ? ours() : nodes();
server.listen(0, "127.0.0.1", () => process.send({ port: server.address().port }));
process.on("message", () => process.send({ cpu: process.cpuUsage() }));
process.on("disconnect", () => process.exit());

function ours() {
  const ok = new HeaderTemplate([":status", "200", "content-type", "application/grpc"]);
  const trailers = new HeaderTemplate(["grpc-status", "0"]);
  const onStream = (stream) => {
    const parts = [];
    stream.handler = {
      onData(_, chunk, start, end) {
        parts.push(chunk.subarray(start, end));
        stream.consumed(end - start);
      },
      onEnd() {
        stream.respond(ok);
        for (const part of parts) stream.write(part);
        stream.writeTrailers(trailers);
      },
    };
  };
  return createServer((socket) => accept(socket, { onStream }));
}

function nodes() {
  const http2 = nodeHttp2.createServer();
  http2.on("stream", (stream) => {
    const parts = [];
    stream.on("data", (part) => parts.push(part));
    stream.on("end", () => {
      stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      stream.end(Buffer.concat(parts));
    });
  });
  return http2;
}
