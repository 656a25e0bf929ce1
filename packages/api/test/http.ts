import { request as httpRequest, type IncomingHttpHeaders, type OutgoingHttpHeaders } from "node:http";

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly bytes: Buffer;
  readonly text: string;
  /** The body as JSON. */
  json(): unknown;
}

/** One request on a connection of its own. The path goes out as it is written. */
export function send(
  address: string,
  path: string,
  {
    method = "GET",
    headers = {},
    body,
  }: { method?: string; headers?: OutgoingHttpHeaders; body?: string | Uint8Array } = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    // Node adds the length by itself only for verbs that usually have a body.
    const length =
      body === undefined || "transfer-encoding" in headers ? {} : { "content-length": Buffer.byteLength(body) };
    const settings = { method, path, headers: { ...length, ...headers }, agent: false } as const;
    const outgoing = httpRequest(`http://${address}`, settings, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("error", reject);
      incoming.on("end", () => {
        const bytes = Buffer.concat(chunks);
        resolve({
          status: incoming.statusCode ?? 0,
          headers: incoming.headers,
          rawHeaders: incoming.rawHeaders,
          bytes,
          text: bytes.toString(),
          json: () => JSON.parse(bytes.toString()),
        });
      });
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

/** A request with a JSON body. */
export function sendJson(address: string, path: string, body: string, method = "POST"): Promise<Reply> {
  return send(address, path, { method, headers: { "content-type": "application/json" }, body });
}
