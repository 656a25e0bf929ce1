import { createPeer } from "./peer.ts";

await createPeer({ name: process.env.PEER_NAME ?? "interop.peer" }).run();
