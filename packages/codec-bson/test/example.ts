import { codecTable, jsonCodec, protobufCodec } from "@micro/core";
import { bsonCodec, bsonRpc } from "../src/index.ts";

// For a client or a server, as its `codecs`.
export const codecs = codecTable([protobufCodec, jsonCodec(), bsonCodec()]);

// For mucp, beside the framings that it knows.
export const framings = { "application/bson": bsonRpc() };

const coder = bsonCodec().coder();
const body = coder.encode({ name: "bob", visits: 7 });
const message = framings["application/bson"].write({ kind: "request", id: "1", method: "Greeter.Hello", body });
const { method, body: read } = framings["application/bson"].read(message, "request");
export const called = [method, coder.decode(read)];
