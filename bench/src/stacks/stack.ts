/** Makes one call and says how many replies it brought. */
export type Call = () => Promise<number>;

/** What can be called; a stack need not offer all. */
export type Endpoint = "unary" | "large" | "stream";

/** A way to serve calls and to make them. */
export interface Stack {
  serve(): Promise<{ address: string }>;
  connect(address: string, endpoint: Endpoint): Promise<Call>;
}

/** About 80 bytes as protobuf. */
export const message: { name: string; number: number; text: string; tags: string[] } = {
  name: "huohuo",
  number: 1_589_270_887,
  text: "a text of some forty characters, no more",
  tags: ["a", "b"],
};

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
