import { type Agent, request } from "node:http";

export interface Answer {
  status: number;
  body: string;
}

/** One GET. */
export function get(url: string, agent?: Agent): Promise<Answer> {
  return send(url, "GET", {}, undefined, agent);
}

/** One request; rejects when nothing comes back within 30 seconds. */
export function send(
  url: string,
  method: string,
  headers: Readonly<Record<string, string>>,
  body?: string | Uint8Array,
  agent?: Agent,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, headers, ...(agent && { agent }), timeout: 30_000 }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
      response.on("error", reject);
    });
    outgoing.on("timeout", () => outgoing.destroy(new Error(`${url} did not answer within 30 s`)));
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}
