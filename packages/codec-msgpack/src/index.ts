export { type MsgpackOptions, msgpackCodec } from "./msgpack-codec.ts";
export { msgpackRpc } from "./msgpack-rpc.ts";
