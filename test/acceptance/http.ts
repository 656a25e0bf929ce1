import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { type Dispatcher, request } from "undici";

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bytes: Buffer;
  readonly text: string;
  /** The body as JSON. */
  readonly json: unknown;
}

interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** One request. */
export async function send(url: string, { method = "GET", headers = {}, body }: Asked = {}): Promise<Reply> {
  const reply = await request(url, {
    method: method as Dispatcher.HttpMethod,
    headers: { ...headers },
    ...(body !== undefined && { body }),
  });
  const bytes = Buffer.from(await reply.body.arrayBuffer());
  const text = bytes.toString();
  return {
    status: reply.statusCode,
    headers: reply.headers,
    bytes,
    text,
    get json(): unknown {
      return JSON.parse(text);
    },
  };
}

const json = { "content-type": "application/json" };

/** One request with a JSON body. */
export const sendJson = (url: string, body: unknown, method = "POST"): Promise<Reply> =>
  send(url, { method, headers: json, body: typeof body === "string" ? body : JSON.stringify(body) });

/** The same command line as a person's: status and body. */
export async function curl(...args: string[]): Promise<{ status: number; type: string; body: string }> {
  const format = "\n%{http_code} %{content_type}";
  const { stdout } = await promisify(execFile)("curl", ["-sS", "-g", "-w", format, ...args]);
  const [, body = "", status, type = ""] = /^(.*)\n(\d+) (.*)$/s.exec(stdout) ?? [];
  return { status: Number(status), type, body };
}

/** Asks until the answer is as wanted; gives the last one when it is not in time. */
export async function eventually(
  ask: () => Promise<Reply>,
  wanted: (reply: Reply) => boolean,
  withinMs = 20_000,
): Promise<Reply> {
  const endMs = Date.now() + withinMs;
  for (;;) {
    const reply = await ask();
    if (wanted(reply) || Date.now() > endMs) return reply;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
