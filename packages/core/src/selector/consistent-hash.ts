import type { Node } from "../registry/registry.ts";
import { noLoad } from "./load.ts";
import type { Candidate, Load, Strategy } from "./selector.ts";

export interface ConsistentHashOptions {
  /**
   * How many times its fair share of the calls under way a node may have; beyond it a key's calls go to its next node.
   * 1.25 evens out hot keys at little cost in keys that move. @default Infinity
   */
  maxLoadFactor?: number;
}

/**
 * Gives calls with this key the same node, from every process, for as long as the node is there. When a node goes only
 * its keys move, spread over all others; when one comes it takes an equal part from each. A second attempt goes
 * to the key's second node, the same from everywhere too.
 *
 *     await findUser({ id }, { strategy: consistentHash(id) });
 *
 * Looks at every node for each attempt. The hashes are not those of go-micro's `shard` plugin: Go and
 * TypeScript clients agree within their own kind only.
 * Sources: Thaler and Ravishankar, "Using Name-Based Mappings to Increase Hit Rates", 1998 (rendezvous hashing);
 * Mirrokni, Thorup and Zadimoghaddam, "Consistent Hashing with Bounded Loads", 2016.
 */
export function consistentHash(key: string, { maxLoadFactor = Infinity }: ConsistentHashOptions = {}): Strategy {
  return (load = noLoad) => {
    const keyHash = hashOf(key);
    return (candidates) => {
      const most = Number.isFinite(maxLoadFactor) ? largestLoad(candidates, load, maxLoadFactor) : Infinity;
      let chosen: Candidate | undefined;
      let highest = -1;
      for (const candidate of candidates) {
        const rank = mix(keyHash ^ nodeHash(candidate.node));
        if (rank < highest || (most !== Infinity && load.of(candidate) >= most)) continue;
        // So that all processes agree also on two nodes of equal rank, whatever order they know them in.
        if (rank === highest && chosen && chosen.node.id < candidate.node.id) continue;
        chosen = candidate;
        highest = rank;
      }
      if (!chosen) throw new RangeError("consistent hash was asked to choose from no candidates");
      return chosen;
    };
  };
}

/** What no node may reach: the factor times the mean after this call, so that there is always a node below it. */
function largestLoad(candidates: readonly Candidate[], load: Load, factor: number): number {
  let total = 1;
  for (const candidate of candidates) total += load.of(candidate);
  return Math.ceil((Math.max(1, factor) * total) / candidates.length);
}

const nodeHashes = new WeakMap<Node, number>();

function nodeHash(node: Node): number {
  let hash = nodeHashes.get(node);
  if (hash === undefined) {
    hash = hashOf(node.id);
    nodeHashes.set(node, hash);
  }
  return hash;
}

/** FNV-1a over UTF-16 units, then mixed. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return mix(hash);
}

/** 32 bits of which each depends on every bit given. Source: the finaliser of MurmurHash3. */
function mix(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
