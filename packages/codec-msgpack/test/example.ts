import { codecTable, jsonCodec, protobufCodec } from "@micro/core";
import { msgpackCodec, msgpackRpc } from "../src/index.ts";

// For a client or a server, as its `codecs`.
export const codecs = codecTable([protobufCodec, jsonCodec(), msgpackCodec()]);

// For mucp, beside the framings that it knows.
export const framings = { "application/msgpack": msgpackRpc() };

const coder = msgpackCodec().coder();
const body = coder.encode({ name: "bob", visits: 7 });
const message = framings["application/msgpack"].write({ kind: "request", id: "1", method: "Greeter.Hello", body });
const { method, body: read } = framings["application/msgpack"].read(message, "request");
export const called = [method, coder.decode(read)];
