import { ConnectionFault, ErrorCode } from "../errors.ts";

// The length in bits of the code of each byte, and of the end-of-string symbol. The code of HPACK is canonical:
// symbols sorted by length, then by value, have consecutive codes, so the lengths say everything.
// Source: RFC 7541 appendix B.
const lengths: readonly number[] = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28,
  28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6,
  5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23,
  22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22,
  23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26,
  20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27,
  27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27,
  27, 27, 27, 26, 30,
];
const endOfString = 256;

/** Bytes that `text` (one byte a character) takes when Huffman coded. */
export function huffmanLength(text: string): number {
  let bits = 0;
  for (let i = 0; i < text.length; i++) bits += lengths[text.charCodeAt(i)] ?? 0;
  return (bits + 7) >> 3;
}

/** Writes `text` Huffman coded into `out` at `at` and gives the position after it. */
export function huffmanEncode(text: string, out: Uint8Array, at: number): number {
  const codes = codeTable();
  let pending = 0;
  let bits = 0;
  let end = at;
  for (let i = 0; i < text.length; i++) {
    const symbol = text.charCodeAt(i);
    let length = lengths[symbol] ?? 0;
    let code = codes[symbol] ?? 0;
    // Up to 7 bits wait and a code has up to 30: long ones go in two steps, so that 32 bits are enough.
    if (length > 16) {
      length -= 16;
      pending = (pending << length) | (code >>> 16);
      bits += length;
      for (; bits >= 8; bits -= 8) out[end++] = pending >>> (bits - 8);
      pending &= 0xff;
      code &= 0xffff;
      length = 16;
    }
    pending = (pending << length) | code;
    bits += length;
    for (; bits >= 8; bits -= 8) out[end++] = pending >>> (bits - 8);
    pending &= 0xff;
  }
  if (bits > 0) out[end++] = (pending << (8 - bits)) | (0xff >>> bits);
  return end;
}

/**
 * Decodes `input` from `start` to `end` into `out`, which must have room for 8/5 of that, and gives the number of
 * bytes written. Wrong padding or the end-of-string symbol is a COMPRESSION_ERROR.
 */
export function huffmanDecode(input: Uint8Array, start: number, end: number, out: Uint8Array): number {
  const steps = stepTable();
  let state = 0;
  let written = 0;
  let step = ACCEPT;
  for (let i = start; i < end; i++) {
    const byte = input[i] ?? 0;
    step = steps[(state << 4) | (byte >>> 4)] ?? FAIL;
    if (step & EMIT) out[written++] = step;
    state = (step >>> 8) & 0xff;
    if (step & FAIL) break;
    step = steps[(state << 4) | (byte & 0xf)] ?? FAIL;
    if (step & EMIT) out[written++] = step;
    state = (step >>> 8) & 0xff;
    if (step & FAIL) break;
  }
  if (step & FAIL) throw new ConnectionFault(ErrorCode.COMPRESSION_ERROR, "a Huffman string has an invalid code");
  if (!(step & ACCEPT))
    throw new ConnectionFault(ErrorCode.COMPRESSION_ERROR, "a Huffman string ends with wrong padding");
  return written;
}

let codes: Uint32Array | undefined;
function codeTable(): Uint32Array {
  if (codes) return codes;
  codes = new Uint32Array(lengths.length);
  const order = [...lengths.keys()].sort((a, b) => (lengths[a] ?? 0) - (lengths[b] ?? 0) || a - b);
  let code = 0;
  let length = 0;
  for (const symbol of order) {
    const bits = lengths[symbol] ?? 0;
    code <<= bits - length;
    length = bits;
    codes[symbol] = code++;
  }
  return codes;
}

// One step of the decoder takes four bits. Low byte: the byte to emit, if EMIT; second byte: the next state. States
// are the inner nodes of the code tree, of which there are 256. The shortest code has five bits, so a step emits at
// most one byte.
const EMIT = 1 << 16;
const ACCEPT = 1 << 17;
const FAIL = 1 << 18;

let steps: Int32Array | undefined;
function stepTable(): Int32Array {
  if (steps) return steps;
  const tree = codeTree();
  steps = new Int32Array(256 * 16);
  for (let state = 0; state < 256; state++) {
    for (let nibble = 0; nibble < 16; nibble++) steps[(state << 4) | nibble] = stepOf(tree, state, nibble);
  }
  return steps;
}

function stepOf(tree: CodeTree, state: number, nibble: number): number {
  let node = state;
  let emitted = 0;
  for (let bit = 3; bit >= 0; bit--) {
    const child = tree.children[node * 2 + ((nibble >>> bit) & 1)] ?? 0;
    if (child < 0) {
      const symbol = ~child;
      if (symbol === endOfString) return FAIL;
      emitted = EMIT | symbol;
      node = 0;
    } else {
      node = child;
    }
  }
  return emitted | (node << 8) | (tree.padding.has(node) ? ACCEPT : 0);
}

interface CodeTree {
  /** Two a node: the number of an inner node, or the complement of a symbol. */
  children: Int32Array;
  /** The root and the nodes reached from it by one to seven ones: where a string may end. */
  padding: ReadonlySet<number>;
}

function codeTree(): CodeTree {
  const children = new Int32Array(256 * 2);
  const table = codeTable();
  let nodes = 1;
  for (let symbol = 0; symbol < lengths.length; symbol++) {
    const code = table[symbol] ?? 0;
    let node = 0;
    for (let bit = (lengths[symbol] ?? 0) - 1; bit > 0; bit--) {
      const slot = node * 2 + ((code >>> bit) & 1);
      if (children[slot] === 0) children[slot] = nodes++;
      node = children[slot] ?? 0;
    }
    children[node * 2 + (code & 1)] = ~symbol;
  }
  const padding = new Set([0]);
  for (let node = 0, ones = 0; ones < 7; ones++) {
    node = children[node * 2 + 1] ?? 0;
    padding.add(node);
  }
  return { children, padding };
}
