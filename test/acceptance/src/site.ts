import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Service } from "@micro/core";
import { WebSocketServer } from "ws";

/** **S**: an HTTP server in the registry that shows what it was asked, with a WebSocket that echoes. `service` lends its registry. */
export async function startSite(service: Service, name: string): Promise<() => Promise<void>> {
  const server = createServer((request, response) => {
    let bytes = 0;
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
    });
    request.on("end", () => {
      const { method, url, headers } = request;
      response.setHeader("content-type", "application/json");
      response.setHeader("set-cookie", ["a=1", "b=2"]);
      response.statusCode = url?.includes("teapot") ? 418 : 200;
      response.end(JSON.stringify({ method, url, headers, bytes }));
    });
  });
  const sockets = new WebSocketServer({ server });
  sockets.on("connection", (socket) => socket.on("message", (data, binary) => socket.send(data, { binary })));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const node = { id: `${name}-${process.pid}`, address: `127.0.0.1:${port}`, metadata: {} };
  const record = { name, version: "latest", metadata: {}, endpoints: [], nodes: [node] };
  await service.registry.register(record, { ttlMs: 60_000 });
  return async () => {
    await service.registry.deregister(record);
    server.closeAllConnections();
    server.close();
  };
}
