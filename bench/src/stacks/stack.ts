/** Makes one call and says how many replies it brought. */
export type Call = () => Promise<number>;

/** What can be called; a stack need not offer all. */
export type Endpoint = "unary" | "large" | "stream" | "get" | "post";

/** A way to serve calls and to make them. */
export interface Stack {
  /** A gateway is told the address of the service `behind` it. */
  serve(behind?: string): Promise<{ address: string }>;
  connect(address: string, endpoint: Endpoint): Promise<Call>;
}

/** About 80 bytes as protobuf. */
export const message: { name: string; number: number; text: string; tags: string[] } = {
  name: "huohuo",
  number: 1_589_270_887,
  text: "a text of some forty characters, no more",
  tags: ["a", "b"],
};

/** Where gateways have the call. */
export const gatewayPath = "/bench/echo/unary";

// A 64-bit integer is a text in protobuf's JSON.
const inJson = JSON.stringify({ ...message, number: String(message.number) });

/** A query of one field, and the whole message as a body; with the body that everybody answers, byte for byte. */
export const httpRequests: Readonly<Record<"get" | "post", { request: string; reply: string }>> = {
  get: { request: httpRequest("GET", `${gatewayPath}?name=${message.name}`), reply: `{"name":"${message.name}"}` },
  post: { request: httpRequest("POST", gatewayPath, inJson), reply: inJson },
};

function httpRequest(method: string, target: string, body = ""): string {
  const head = [`${method} ${target} HTTP/1.1`, "Host: 127.0.0.1", "User-Agent: bench", "Accept: */*"];
  if (body) head.push("Content-Type: application/json", `Content-Length: ${Buffer.byteLength(body)}`);
  return `${head.join("\r\n")}\r\n\r\n${body}`;
}

/** A megabyte. */
export const blob: { body: Buffer } = { body: Buffer.alloc(1_000_000, "0123456789") };

/** A stream of 200 messages of 1 KB. */
export const wish: { messages: number; bytes: number } = { messages: 200, bytes: 1_024 };

/** What a call may take, and what is sent beside each message whoever sends it. */
export const deadlineMs = 5_000;

/** What no stack here was made for. */
export function notOffered(endpoint: Endpoint): never {
  throw new Error(`this stack has no ${endpoint} call`);
}
