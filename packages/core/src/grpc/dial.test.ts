import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CallTarget } from "../protocol/protocol.ts";
import { grpc, grpcJs } from "./grpc.ts";

// What a container leaves behind that was killed: an address that refuses nothing and answers nothing. Here it is a
// frozen process whose queue of connections is full, to which the kernel does not answer.
describe.skipIf(process.platform !== "linux")("a dial that nobody answers", () => {
  let silent: ChildProcess;
  let address: string;
  const fillers: Socket[] = [];

  beforeAll(async () => {
    const program =
      "const s = require('net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => console.log(s.address().port))";
    silent = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
    const [port] = await once(silent.stdout as NodeJS.ReadableStream, "data");
    address = `127.0.0.1:${Number(String(port))}`;
    silent.kill("SIGSTOP");
    while (await connects()) expect(fillers.length).toBeLessThan(100);
  });

  afterAll(() => {
    for (const filler of fillers) filler.destroy();
    silent.kill("SIGKILL");
  });

  it.each([
    ["the engine of our own", grpc],
    ["grpc-js", grpcJs],
  ])(
    "costs a call on %s the time for a dial and not its deadline, and surely did not run",
    async (_engine, protocol) => {
      const connection = protocol.connect(address, { dialTimeoutMs: 200 });
      const target: CallTarget = {
        service: "s",
        endpoint: "Say.Hello",
        kind: "unary",
        contentType: "application/json",
      };
      const deadline = Date.now() + 15_000;
      const call = { target, metadata: {}, deadline, timeoutMs: 15_000, signal: undefined };
      // 408 would say that the deadline had to end it.
      await expect(connection.unary(call, Buffer.from("x"))).rejects.toMatchObject({ code: 503, unprocessed: true });
      await connection.close();
    },
  );

  /** Takes a place in the queue; false when there was none. */
  function connects(): Promise<boolean> {
    const socket = connect(Number(address.split(":")[1]), "127.0.0.1");
    fillers.push(socket);
    socket.on("error", () => socket.destroy());
    return new Promise((resolve) => {
      socket.once("connect", () => resolve(true));
      setTimeout(() => resolve(false), 500);
    });
  }
});
