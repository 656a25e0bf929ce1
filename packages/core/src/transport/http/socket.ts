import type { Socket as NetSocket } from "node:net";
import type { Duplex } from "node:stream";
import { formatHostPort } from "../../words/address.ts";
import { MicroError, parseError, reasonPhrase, unavailable } from "../../words/errors.ts";
import type { Metadata } from "../../words/metadata.ts";
import { inbox } from "../inbox.ts";
import type { Message, Socket } from "../transport.ts";
import type { Head, Role } from "./head.ts";
import { type HttpMessage, httpReader } from "./reader.ts";
import { HttpSyntaxError } from "./syntax-error.ts";
import { refusal, requestHead, responseHead } from "./writer.ts";

export interface HttpSocketOptions {
  readonly role: Role;
  readonly maxMessageBytes: number;
  /** What a client's requests name as their host. */
  readonly host?: string;
  /** How long a message that has begun may stand still, in milliseconds. @default 30000 */
  readonly stallTimeoutMs?: number;
  /** How long to read on after a refusal, so that the peer gets to read it, in milliseconds. @default 2000 */
  readonly lingerMs?: number;
}

/** A connection as a pipe of HTTP messages: a client's are requests, a server's responses, and neither waits for the other. */
export function httpSocket(connection: Duplex, options: HttpSocketOptions): Socket {
  const { role, maxMessageBytes, host = "", stallTimeoutMs = 30_000, lingerMs = 2_000 } = options;
  const { local, remote } = addressesOf(connection);
  const id = role === "client" ? "go.micro.client.transport" : "go.micro.server";
  let over: MicroError | undefined;
  let ending = false;
  let corked = false;
  let linger: NodeJS.Timeout | undefined;
  let waitingForRoom: { resolve(): void; reject(reason: MicroError): void }[] = [];
  let resolveClosed: () => void;
  const closed = new Promise<void>((resolve) => {
    resolveClosed = resolve;
  });

  const arrivals = inbox<Message>({ bytes: ({ body }) => body.length, onRoom: () => connection.resume() });
  const reader = httpReader({
    role,
    maxBodyBytes: maxMessageBytes,
    onHead(head) {
      if (role === "server" && wantsContinue(head)) connection.write("HTTP/1.1 100 Continue\r\n\r\n");
    },
    onMessage: (message) => receiveMessage(message),
  });

  /** What a server says instead of a message: a status other than 200. */
  function refused({ status, phrase, headers }: Head, body: Uint8Array): MicroError {
    const told = parseError(headers["micro-error"] ?? "");
    if (told.code > 0) return new MicroError(told.id, told.code, told.detail, { status: told.status, answered: true });
    const text = Buffer.from(body).toString("utf8", 0, 500).trim();
    const detail = text === "" ? `${status} ${phrase}` : `${status} ${phrase}: ${text}`;
    return new MicroError(id, status < 400 ? 500 : status, detail, { answered: true });
  }

  function receiveMessage({ head, body, tooLarge }: HttpMessage): void {
    if (role === "server" && head.method !== "POST") {
      throw new HttpSyntaxError(405, `calls come as POST, not as ${head.method}`);
    }
    if (role === "client" && head.status !== 200) {
      abort(refused(head, body));
      return;
    }
    const { headers } = head;
    if (!tooLarge) arrivals.push({ headers, body });
    else {
      const detail = `a message from ${remote} is over the limit of ${maxMessageBytes} bytes`;
      arrivals.push({ headers, body: nothing, refusal: new MicroError(id, 413, detail) });
    }
    if (arrivals.full) connection.pause();
  }

  /** From here on nothing is sent, and nothing arrives but what has arrived. */
  function finish(reason: MicroError, orderly = false): void {
    if (over) return;
    over = reason;
    arrivals.end(orderly ? undefined : reason);
    const waiting = waitingForRoom;
    waitingForRoom = [];
    for (const { reject } of waiting) reject(reason);
    resolveClosed();
  }

  function abort(reason?: MicroError): void {
    finish(reason ?? unavailable(id, `connection to ${remote} was closed`));
    connection.destroy();
  }

  /** The peer's bytes are not HTTP, or not what is taken: a server says so before it hangs up. */
  function refuse(error: HttpSyntaxError): void {
    if (role === "client") {
      abort(new MicroError(id, 500, `${remote} does not speak HTTP/1.1: ${error.message}`));
      return;
    }
    const reason = new MicroError(id, error.status, error.message);
    finish(reason);
    const headers: Metadata = { "micro-error": reason.message };
    if (error.status === 405) headers.allow = "POST";
    connection.end(refusal(error.status, reasonPhrase(error.status), headers, error.message));
    // Hanging up while the peer still sends would take the answer from it.
    connection.resume();
    linger = setTimeout(() => connection.destroy(), lingerMs).unref();
  }

  connection.on("data", (chunk: Buffer) => {
    if (over || ending) return;
    try {
      reader.push(chunk);
    } catch (reason) {
      if (!(reason instanceof HttpSyntaxError)) throw reason;
      refuse(reason);
    }
  });
  connection.on("end", () => {
    try {
      reader.end();
      finish(unavailable(id, `${remote} closed the connection`), true);
    } catch (reason) {
      if (!(reason instanceof HttpSyntaxError)) throw reason;
      finish(unavailable(id, `${remote} ${reason.message}`));
    }
    connection.end(); // TLS leaves its own half open
  });
  connection.on("error", (reason) => finish(unavailable(id, `${remote}: ${reason.message}`, { cause: reason })));
  connection.on("close", () => {
    clearTimeout(linger);
    finish(unavailable(id, `connection to ${remote} was closed`));
  });
  connection.on("drain", () => {
    const waiting = waitingForRoom;
    waitingForRoom = [];
    for (const { resolve } of waiting) resolve();
  });
  if (isNetSocket(connection)) {
    connection.setKeepAlive(true, 30_000);
    connection.setTimeout(stallTimeoutMs, () => {
      if (!reader.inMessage || connection.isPaused() || over) return;
      const what = `a message stood still for ${stallTimeoutMs} ms`;
      if (role === "server") refuse(new HttpSyntaxError(408, what));
      else abort(unavailable(id, `${remote}: ${what}`));
    });
  }
  connection.resume();

  /** What is written in one turn of the event loop leaves together. */
  function cork(): void {
    if (corked) return;
    corked = true;
    connection.cork();
    process.nextTick(() => {
      corked = false;
      connection.uncork();
    });
  }

  return {
    local,
    remote,
    closed,
    get arrived() {
      return arrivals.size;
    },
    get isClosed() {
      return over !== undefined || ending;
    },
    send({ headers, body }) {
      if (over) return Promise.reject(over);
      if (ending) return Promise.reject(unavailable(id, `connection to ${remote} is closed`));
      if (body.length > maxMessageBytes) {
        const detail = `a message of ${body.length} bytes for ${remote} is over the limit of ${maxMessageBytes}`;
        return Promise.reject(new MicroError(id, 413, detail));
      }
      cork();
      const head = role === "client" ? requestHead(host, headers, body.length) : responseHead(headers, body.length);
      let room = connection.write(head);
      if (body.length > 0) room = connection.write(body);
      if (room) return sent;
      return new Promise((resolve, reject) => waitingForRoom.push({ resolve, reject }));
    },
    receive: () => arrivals.take(),
    close() {
      if (over || ending) return;
      ending = true;
      connection.end(() => {
        // A peer that never closes its side would keep the connection.
        linger = setTimeout(() => connection.destroy(), lingerMs).unref();
      });
    },
    abort,
  };
}

const nothing = new Uint8Array(0);
const sent = Promise.resolve();

function wantsContinue({ headers }: Head): boolean {
  return headers.expect?.toLowerCase() === "100-continue";
}

function addressesOf(connection: Duplex): { local: string; remote: string } {
  if (!isNetSocket(connection)) return { local: "unknown", remote: "unknown" };
  const { localAddress = "unknown", localPort = 0, remoteAddress = "unknown", remotePort = 0 } = connection;
  return { local: formatHostPort(localAddress, localPort), remote: formatHostPort(remoteAddress, remotePort) };
}

function isNetSocket(connection: Duplex): connection is NetSocket {
  return "setKeepAlive" in connection;
}
