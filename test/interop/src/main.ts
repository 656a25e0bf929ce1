import { subscribeTold } from "./broker-told.ts";
import { createPeer } from "./peer.ts";

const peer = createPeer({ name: process.env.PEER_NAME ?? "interop.peer" });
await subscribeTold(peer, process.env.PEER_TOPICS).run();
