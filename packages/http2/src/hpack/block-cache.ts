import type { HeaderList } from "../header-list.ts";

const slots = 64;
const maxBlockBytes = 512;

interface Slot {
  hash: number;
  /** The table that the block was decoded against; -1 while the block was seen only once. */
  generation: number;
  bytes: Buffer;
  list: HeaderList | undefined;
}

const nothing: Buffer = Buffer.alloc(0);

/**
 * Remembers decoded header blocks. Peers send few different ones over and over, and the same bytes decoded against
 * the same table give the same fields, so the work is done once.
 *
 * Holds at most 64 blocks of at most 512 bytes. A block is kept when it comes for the second time, so that blocks
 * which never repeat cost a hash and nothing more.
 */
export class BlockCache {
  private readonly slots: Slot[] = Array.from({ length: slots }, () => ({
    hash: 0,
    generation: -1,
    bytes: nothing,
    list: undefined,
  }));
  private lastHash = 0;

  /** What the same block gave before against the same table. */
  find(block: Buffer, start: number, end: number, generation: number): HeaderList | undefined {
    if (end - start > maxBlockBytes) return undefined;
    const hash = hashOf(block, start, end);
    this.lastHash = hash;
    const slot = this.slots[hash & (slots - 1)];
    if (!slot || slot.hash !== hash || slot.generation !== generation) return undefined;
    const { bytes } = slot;
    if (bytes.length !== end - start) return undefined;
    for (let i = 0; i < bytes.length; i++) if (bytes[i] !== block[start + i]) return undefined;
    return slot.list;
  }

  /** Remembers what the block gave that was looked for last; it left the table as it was. */
  offer(block: Buffer, start: number, end: number, generation: number, list: HeaderList): void {
    if (end - start > maxBlockBytes) return;
    const hash = this.lastHash;
    const slot = this.slots[hash & (slots - 1)];
    if (!slot) return;
    if (slot.hash !== hash) {
      slot.hash = hash;
      slot.generation = -1;
      slot.list = undefined;
      slot.bytes = nothing;
      return;
    }
    slot.generation = generation;
    slot.bytes = Buffer.from(block.subarray(start, end));
    slot.list = list;
  }
}

// FNV-1a, 32 bits.
function hashOf(block: Buffer, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (block[i] ?? 0), 0x01000193);
  return hash;
}
