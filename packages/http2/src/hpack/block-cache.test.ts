import { expect, it } from "vitest";
import { HeaderList } from "../header-list.ts";
import { BlockCache } from "./block-cache.ts";

const list = new HeaderList(["a", "b"]);

function remember(cache: BlockCache, block: Buffer, generation: number): void {
  for (let times = 0; times < 2; times++) {
    if (cache.find(block, 0, block.length, generation)) return;
    cache.offer(block, 0, block.length, generation, list);
  }
}

it("knows a block from its second time on, against the same table", () => {
  const cache = new BlockCache();
  const block = Buffer.from("block");
  const find = (generation: number): HeaderList | undefined => cache.find(block, 0, block.length, generation);
  expect(find(1)).toBe(undefined);
  cache.offer(block, 0, block.length, 1, list);
  expect(find(1)).toBe(undefined);
  cache.offer(block, 0, block.length, 1, list);
  expect(find(1)).toBe(list);
  expect(find(2)).toBe(undefined);
});

it("tells blocks apart that have the same hash", () => {
  const [one, other] = collision();
  const cache = new BlockCache();
  remember(cache, one, 1);
  expect(cache.find(one, 0, 4, 1)).toBe(list);
  expect(cache.find(other, 0, 4, 1)).toBe(undefined);
});

it("keeps its own copy of the bytes", () => {
  const cache = new BlockCache();
  const chunk = Buffer.from("..block..");
  for (let times = 0; times < 2; times++) {
    cache.find(chunk, 2, 7, 1);
    cache.offer(chunk, 2, 7, 1, list);
  }
  chunk.fill(0);
  expect(cache.find(Buffer.from("block"), 0, 5, 1)).toBe(list);
});

it("does not keep long blocks", () => {
  const cache = new BlockCache();
  const block = Buffer.alloc(513);
  remember(cache, block, 1);
  expect(cache.find(block, 0, block.length, 1)).toBe(undefined);
});

/** Two blocks of four bytes with the same FNV-1a hash: among so many there is a pair. */
function collision(): [Buffer, Buffer] {
  const seen = new Map<number, number>();
  for (let number = 0; ; number++) {
    // Spread over the four bytes: neighbours differ in one and never collide.
    const block = Buffer.alloc(4);
    block.writeUInt32BE(Math.imul(number, 0x9e3779b1) >>> 0);
    let hash = 0x811c9dc5;
    for (const byte of block) hash = Math.imul(hash ^ byte, 0x01000193);
    const before = seen.get(hash);
    if (before !== undefined) {
      const other = Buffer.alloc(4);
      other.writeUInt32BE(before);
      return [other, block];
    }
    seen.set(hash, block.readUInt32BE());
  }
}
