import { connect, type Socket } from "node:net";
import { type Call, type Endpoint, httpRequests, notOffered } from "./stack.ts";

/**
 * Calls over HTTP/1.1 as a browser makes them: kept connections, on each one request after the other. It does so little beside
 * comparing every body to the one that is wanted that it is never what limits a gateway.
 */
export function httpCall(address: string, endpoint: Endpoint): Call {
  if (endpoint !== "get" && endpoint !== "post") return notOffered(endpoint);
  const { request, reply } = httpRequests[endpoint];
  const bytes = Buffer.from(request);
  const wanted = Buffer.from(reply);
  const idle: Connection[] = [];
  return async () => {
    const connection = idle.pop() ?? (await open(address, wanted));
    await connection(bytes);
    idle.push(connection);
    return 1;
  };
}

/** Sends a request and resolves when its answer has come. */
type Connection = (request: Buffer) => Promise<void>;

function open(address: string, wanted: Buffer): Promise<Connection> {
  const [host = "", port] = address.split(":");
  let done: (() => void) | undefined;
  let failed: ((reason: Error) => void) | undefined;
  let soFar: Buffer | undefined;

  return new Promise((resolve, reject) => {
    failed = reject;
    const fail = (reason: Error): void => {
      failed?.(reason);
      socket.destroy();
    };
    const onData = (size: number, buffer: Uint8Array): boolean => {
      const chunk = Buffer.from(buffer.buffer, buffer.byteOffset, size);
      const answer = soFar ? Buffer.concat([soFar, chunk]) : chunk;
      const state = stateOf(answer, wanted);
      soFar = state === "incomplete" ? Buffer.from(answer) : undefined;
      if (state === "wrong") fail(new Error(`expected 200 and ${wanted}, got ${answer}`));
      if (state === "right") done?.();
      return true;
    };
    const socket: Socket = connect({
      host,
      port: Number(port),
      noDelay: true,
      onread: { buffer: Buffer.alloc(16 * 1024), callback: onData },
    });
    socket.once("connect", () => {
      resolve((request) => {
        return new Promise((onDone, onFailed) => {
          [done, failed] = [onDone, onFailed];
          socket.write(request);
        });
      });
    });
    socket.once("error", fail);
    socket.once("close", () => fail(new Error(`${address} closed a connection`)));
  });
}

function stateOf(answer: Buffer, wanted: Buffer): "right" | "wrong" | "incomplete" {
  const headEnd = answer.indexOf("\r\n\r\n") + 4;
  if (headEnd < 4) return "incomplete";
  if (answer.toString("latin1", 0, ok.length) !== ok) return "wrong";
  const size = answer.length - headEnd;
  if (size < wanted.length)
    return wanted.compare(answer, headEnd, headEnd + size, 0, size) === 0 ? "incomplete" : "wrong";
  return wanted.compare(answer, headEnd) === 0 ? "right" : "wrong";
}

const ok = "HTTP/1.1 200 ";
