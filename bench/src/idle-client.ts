// Opens connections, makes one call on each and keeps them: `idle-client.js`.
import { type Connection, grpc, type OutgoingCall } from "@micro/core";
import { Message } from "./gen/echo.ts";
import { answer } from "./process.ts";
import { message } from "./stacks/stack.ts";

const target = {
  service: "bench",
  endpoint: "/bench.Echo/Unary",
  kind: "unary",
  contentType: "application/grpc+proto",
} as const;
const body = Message.encode({ ...message, number: BigInt(message.number) });
const kept: Connection[] = [];

answer(async ({ address, connections }: { address: string; connections: number }) => {
  const metadata = { "micro-from-service": "bench" };
  for (let opened = 0; opened < connections; opened++) {
    const connection = grpc.connect(address, { dialTimeoutMs: 10_000 });
    const deadline = Date.now() + 30_000;
    const call: OutgoingCall = { target, metadata, deadline, timeoutMs: 30_000, signal: undefined };
    await connection.unary(call, body);
    kept.push(connection);
  }
  return { connections: kept.length };
});
