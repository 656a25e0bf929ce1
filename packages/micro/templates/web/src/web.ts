import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type Client, MicroError, parseListenAddress } from "@micro/core";

const backend = "__backend__";
const html = new URL("../html/", import.meta.url);
const largestBody = 64 * 1024;

/** The pages, and `POST /__alias__/call`, which asks the service `__backend__`. */
export function createWeb(client: Client): Server {
  const ask = client.prepare<unknown, { msg?: string }>({ service: backend, endpoint: "__Alias__.Call" });

  return createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    try {
      if (request.method === "POST" && pathname === "/__alias__/call") {
        const { msg } = await ask({ name: nameIn(await bodyOf(request)) });
        response.writeHead(200, { "content-type": "application/json" });
        response.end(JSON.stringify({ msg, ref: Date.now() }));
      } else if (pathname === "/" && (request.method === "GET" || request.method === "HEAD")) {
        response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
        response.end(await readFile(new URL("index.html", html)));
      } else response.writeHead(404).end();
    } catch (reason) {
      const error = MicroError.from(reason, "__fqdn__");
      response.writeHead(error.code, { "content-type": "application/json" });
      response.end(error.message);
    }
  });
}

/** Listens on `host:port`; port 0 takes a free one. */
export async function listen(server: Server, address: string): Promise<AddressInfo> {
  const { host, port } = parseListenAddress(address, "MICRO_SERVER_ADDRESS");
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  return server.address() as AddressInfo;
}

function nameIn(body: string): string {
  try {
    const { name } = JSON.parse(body) as { name?: unknown };
    if (typeof name === "string" && name !== "") return name;
  } catch {
    // Told below, as a body without a name is.
  }
  throw new MicroError("__fqdn__", 400, 'expected a JSON object such as {"name":"Ann"}');
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) {
    body += chunk;
    if (body.length > largestBody) throw new MicroError("__fqdn__", 413, `the body is over ${largestBody} bytes`);
  }
  return body;
}
