import { request as httpRequest, type IncomingMessage } from "node:http";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { GatewayRequest, HttpAnswer, Upgrade } from "../message.ts";
import { passedHeaders, returnedHeaders } from "../pass-headers.ts";

/**
 * Passes a request for an upgrade on. When the node switches, so does the gateway, and from then on carries bytes both
 * ways until one side ends; any other answer is passed back like that of every request.
 */
export function tunnel(
  request: GatewayRequest,
  upgrade: Upgrade,
  address: string,
  dialTimeoutMs: number,
): Promise<HttpAnswer> {
  const headers = [...passedHeaders(request), "Connection", "Upgrade", "Upgrade", request.raw.headers.upgrade ?? ""];
  const { hostname, port } = new URL(`http://${address}`);
  const host = hostname.replace(/^\[|\]$/g, "");
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({
      host,
      port: port || 80,
      method: request.method,
      path: request.url,
      headers,
      agent: false,
      signal: request.signal,
    });
    const patience = setTimeout(() => outgoing.destroy(dialTimeout(address, dialTimeoutMs)), dialTimeoutMs);
    outgoing.once("socket", (socket) => socket.once("connect", () => clearTimeout(patience)));
    outgoing.once("close", () => clearTimeout(patience));
    outgoing.once("error", reject);
    outgoing.once("response", (response) =>
      resolve({
        status: response.statusCode ?? 502,
        headers: returnedHeaders(response.rawHeaders),
        body: response,
      }),
    );
    outgoing.once("upgrade", (response, node, head) => {
      switchOver(response, upgrade, node, head);
      resolve({ status: 101, headers: [], body: "", taken: true });
    });
    outgoing.end();
  });
}

function switchOver(response: IncomingMessage, { socket, head }: Upgrade, node: Duplex, nodeHead: Buffer): void {
  const lines = [`HTTP/1.1 101 ${response.statusMessage ?? ""}`];
  const { rawHeaders } = response;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) lines.push(`${rawHeaders[at]}: ${rawHeaders[at + 1]}`);
  socket.write(Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"), nodeHead]));
  node.write(head);
  for (const [from, to] of [
    [socket, node],
    [node, socket],
  ] as const) {
    // Small messages must not wait for each other, and a peer that vanished must be noticed.
    if (from instanceof Socket) from.setNoDelay(true).setKeepAlive(true, 30_000);
    from.on("error", () => to.destroy());
    from.once("close", () => to.destroy());
    from.pipe(to);
  }
}

function dialTimeout(address: string, ms: number): Error {
  return Object.assign(new Error(`no connection to ${address} within ${ms} ms`), { code: "UND_ERR_CONNECT_TIMEOUT" });
}
