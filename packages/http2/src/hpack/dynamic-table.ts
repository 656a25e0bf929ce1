/** What an entry costs beyond its characters. Source: RFC 7541 §4.1. */
export const entryOverhead = 32;

/** Bytes that a field counts for, in a table and in a header list. */
export function fieldBytes(name: string, value: string): number {
  return name.length + value.length + entryOverhead;
}

/**
 * The dynamic table: a queue of fields bounded in bytes; the oldest leave when a new one needs their room.
 *
 * Entries have a number that never changes, counted from 0 in the order of insertion. What HPACK calls their index
 * is the distance from the newest one.
 */
export class DynamicTable {
  /** Entries ever inserted: the number that the next one gets. */
  inserted = 0;
  /** Entries present; their numbers are `inserted - length` to `inserted - 1`. */
  length = 0;
  /** Bytes of the entries present. */
  bytes = 0;
  /** Bytes that the table may hold. */
  capacity: number;
  /** Told of each entry that leaves. */
  onEvict: ((name: string, value: string, number: number) => void) | undefined;

  // A ring whose length is a power of two, at `number & mask`.
  private names: string[] = new Array<string>(32).fill("");
  private values: string[] = new Array<string>(32).fill("");

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  /** True when the entry with this number is present. */
  has(number: number): boolean {
    return number >= this.inserted - this.length && number < this.inserted;
  }

  /** The name of a present entry, by its number. */
  nameOf(number: number): string {
    return this.names[number & (this.names.length - 1)] ?? "";
  }

  /** The value of a present entry, by its number. */
  valueOf(number: number): string {
    return this.values[number & (this.values.length - 1)] ?? "";
  }

  /** Puts a field in front. One that is larger than the whole table empties it and is not kept; the answer says which. */
  insert(name: string, value: string): boolean {
    const bytes = fieldBytes(name, value);
    this.shrinkTo(this.capacity - bytes);
    if (bytes > this.capacity) return false;
    if (this.length === this.names.length) this.widen();
    const slot = this.inserted & (this.names.length - 1);
    this.names[slot] = name;
    this.values[slot] = value;
    this.inserted++;
    this.length++;
    this.bytes += bytes;
    return true;
  }

  /** Changes the capacity, evicting what no longer fits. */
  resize(capacity: number): void {
    this.capacity = capacity;
    this.shrinkTo(capacity);
  }

  private shrinkTo(bytes: number): void {
    while (this.length > 0 && this.bytes > bytes) {
      const number = this.inserted - this.length;
      const slot = number & (this.names.length - 1);
      const name = this.names[slot] ?? "";
      const value = this.values[slot] ?? "";
      this.names[slot] = "";
      this.values[slot] = "";
      this.length--;
      this.bytes -= fieldBytes(name, value);
      this.onEvict?.(name, value, number);
    }
  }

  private widen(): void {
    const size = this.names.length * 2;
    const names = new Array<string>(size).fill("");
    const values = new Array<string>(size).fill("");
    for (let number = this.inserted - this.length; number < this.inserted; number++) {
      names[number & (size - 1)] = this.nameOf(number);
      values[number & (size - 1)] = this.valueOf(number);
    }
    this.names = names;
    this.values = values;
  }
}
