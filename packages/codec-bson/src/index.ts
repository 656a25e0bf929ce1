export { type BsonOptions, bsonCodec } from "./bson-codec.ts";
export { bsonRpc } from "./bson-rpc.ts";
