import { ConnectionFault, ErrorCode } from "../errors.ts";
import { HeaderList } from "../header-list.ts";
import { BlockCache } from "./block-cache.ts";
import { DynamicTable, fieldBytes } from "./dynamic-table.ts";
import { huffmanDecode } from "./huffman.ts";
import { staticSize, staticTable } from "./static-table.ts";

/** The size of the table on a new connection. Source: RFC 9113 §6.5.2. */
const initialTableBytes = 4096;

// A shorter beginning is not worth looking for.
const fewestShared = 4;

// No length, index or size that a block may hold comes near; what is larger is hostile.
const largestInteger = 0x0fff_ffff;

/**
 * Reads header blocks: RFC 7541. One for each connection, given every block in order, also those of messages that
 * nobody wants, since each may change the table for the next.
 */
export class HpackDecoder {
  private readonly table: DynamicTable;
  private readonly cache = new BlockCache();
  /** What blocks begin with. */
  private readonly bases = new BlockCache();
  private readonly maxListBytes: number;
  /** The table size that we allow; the peer may choose a smaller one. */
  private allowedBytes: number;
  /** Counts changes of the table: what a cached block was decoded against. */
  private generation = 0;
  private scratch: Buffer = Buffer.alloc(0);

  // The block being read.
  private block: Buffer = Buffer.alloc(0);
  private at = 0;
  private end = 0;

  /** `tableBytes` is what we announce; until that is acknowledged the peer may use 4096. */
  constructor(tableBytes: number, maxListBytes: number) {
    this.table = new DynamicTable(initialTableBytes);
    this.allowedBytes = Math.max(initialTableBytes, tableBytes);
    this.maxListBytes = maxListBytes;
  }

  /** Sets the table size that the peer has acknowledged. When it is below the one in use, the next block must say so. */
  allow(tableBytes: number): void {
    this.allowedBytes = tableBytes;
  }

  /** Bytes held by the dynamic table. */
  get tableBytes(): number {
    return this.table.bytes;
  }

  /**
   * Decodes the complete block in `block` from `start` to `end`.
   *
   * A list beyond the limit comes back cut, with `tooLarge` set, and the table is right for the next block. Bytes that
   * are no header block throw a COMPRESSION_ERROR, after which the decoder cannot be used.
   */
  decode(block: Buffer, start: number, end: number): HeaderList {
    if (this.table.capacity <= this.allowedBytes) {
      const known = this.cache.find(block, start, end, this.generation);
      if (known) return known;
    }
    this.block = block;
    this.at = start;
    this.end = end;
    const generation = this.generation;
    this.sizeUpdates();
    const list = this.fields();
    if (generation === this.generation) this.cache.offer(block, start, end, generation, list);
    return list;
  }

  private sizeUpdates(): void {
    while (this.at < this.end && ((this.block[this.at] ?? 0) & 0xe0) === 0x20) {
      const bytes = this.integer(0x1f);
      if (bytes > this.allowedBytes) fault(`a table size of ${bytes} exceeds the ${this.allowedBytes} allowed`);
      this.generation++;
      this.table.resize(bytes);
    }
    if (this.table.capacity > this.allowedBytes) fault("a smaller table was acknowledged but not announced");
  }

  private fields(): HeaderList {
    const { maxListBytes, generation, block, at, end } = this;
    const shared = this.endOfIndexed();
    const base = shared < end ? this.bases.find(block, at, shared, generation) : undefined;
    const fields = base ? [...base.fields] : [];
    if (base) this.at = shared;
    const bytes = this.rest(fields, base ? listBytes(fields) : 0);
    const list = new HeaderList(fields, bytes > maxListBytes, base);
    if (!base && shared < end && generation === this.generation && !list.tooLarge)
      this.bases.offer(block, at, shared, generation, new HeaderList(fields.slice(0, 2 * (shared - at))));
    return list;
  }

  /** Where the fields end that the block begins with and the tables hold, a byte each; its end when they are few. */
  private endOfIndexed(): number {
    const { block, at, end } = this;
    let index = at;
    while (index < end && (block[index] ?? 0) > 0x80 && (block[index] ?? 0) < 0xff) index++;
    return index - at < fewestShared ? end : index;
  }

  /** Reads the rest of the block into `fields`, which take `before` bytes so far, and gives how many they take in the end. */
  private rest(fields: string[], before: number): number {
    const { block, end, table, maxListBytes } = this;
    let bytes = before;
    while (this.at < end) {
      const first = block[this.at] ?? 0;
      let name: string;
      let value: string;
      if (first & 0x80) {
        const index = this.integer(0x7f);
        if (index <= staticSize) {
          const entry = staticTable[index];
          if (index === 0 || !entry) fault("a field has index 0");
          name = entry[0];
          value = entry[1];
        } else {
          const number = this.numberOf(index);
          name = table.nameOf(number);
          value = table.valueOf(number);
        }
      } else if (first & 0x40) {
        name = this.name(0x3f);
        value = this.string();
        table.insert(name, value);
        this.generation++;
      } else if (first & 0x20) {
        fault("a table size update follows a field");
      } else {
        name = this.name(0x0f);
        value = this.string();
      }
      bytes += fieldBytes(name, value);
      if (bytes <= maxListBytes) fields.push(name, value);
    }
    return bytes;
  }

  private name(prefix: number): string {
    const index = this.integer(prefix);
    if (index === 0) return this.string();
    if (index <= staticSize) return staticTable[index]?.[0] ?? "";
    return this.table.nameOf(this.numberOf(index));
  }

  private numberOf(index: number): number {
    const number = this.table.inserted - (index - staticSize);
    if (!this.table.has(number)) fault(`a field has index ${index}, but the table ends at ${this.lastIndex()}`);
    return number;
  }

  private lastIndex(): number {
    return staticSize + this.table.length;
  }

  /** An integer whose first byte has the bits of `prefix` for it. Source: RFC 7541 §5.1. */
  private integer(prefix: number): number {
    const { block, end } = this;
    if (this.at >= end) fault("a header block ends within a field");
    let value = (block[this.at++] ?? 0) & prefix;
    if (value < prefix) return value;
    for (let shift = 0; ; shift += 7) {
      if (this.at >= end) fault("a header block ends within a number");
      const byte = block[this.at++] ?? 0;
      // Zeros may pad a number without end: four bytes after the prefix are as many as the largest needs.
      if (shift > 21) fault("a number in a header block is too long");
      value += (byte & 0x7f) << shift;
      if (value > largestInteger) fault("a number in a header block is too large");
      if (byte < 0x80) return value;
    }
  }

  private string(): string {
    const { block, end } = this;
    const huffman = ((block[this.at] ?? 0) & 0x80) !== 0;
    const length = this.integer(0x7f);
    const start = this.at;
    if (length > end - start) fault("a header block ends within a string");
    this.at = start + length;
    if (!huffman) return block.toString("latin1", start, this.at);
    // The shortest code has five bits.
    const room = Math.ceil((length * 8) / 5);
    if (this.scratch.length < room) this.scratch = Buffer.allocUnsafe(Math.max(256, room));
    return this.scratch.toString("latin1", 0, huffmanDecode(block, start, this.at, this.scratch));
  }
}

function listBytes(fields: readonly string[]): number {
  let bytes = 0;
  for (let i = 0; i + 1 < fields.length; i += 2) bytes += fieldBytes(fields[i] ?? "", fields[i + 1] ?? "");
  return bytes;
}

function fault(message: string): never {
  throw new ConnectionFault(ErrorCode.COMPRESSION_ERROR, message);
}
