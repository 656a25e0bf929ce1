import { describe, expect, it } from "vitest";
import { HpackDecoder } from "./decoder.ts";

function decoder(): HpackDecoder {
  return new HpackDecoder(4096, 65_536);
}

function decode(into: HpackDecoder, hex: string): string[] {
  const block = Buffer.from(hex.replaceAll(" ", ""), "hex");
  return [...into.decode(block, 0, block.length).fields];
}

const first = [":method", "GET", ":scheme", "http", ":path", "/", ":authority", "www.example.com"];
const second = [...first, "cache-control", "no-cache"];
const third = [
  ...[":method", "GET", ":scheme", "https", ":path", "/index.html", ":authority", "www.example.com"],
  ...["custom-key", "custom-value"],
];

describe("hpack decoder", () => {
  it.each([
    [
      "C.3, without Huffman",
      "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
      "8286 84be 5808 6e6f 2d63 6163 6865",
      "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
    ],
    [
      "C.4, with Huffman",
      "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
      "8286 84be 5886 a8eb 1064 9cbf",
      "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
    ],
  ])("reads the requests of RFC 7541 %s", (_, ...blocks) => {
    const hpack = decoder();
    expect(blocks.map((block) => decode(hpack, block))).toEqual([first, second, third]);
    expect(hpack.tableBytes).toBe(164);
  });

  it("reads the responses of RFC 7541 C.6, with a table of 256 bytes", () => {
    const hpack = decoder();
    const date = "Mon, 21 Oct 2013 20:13:21 GMT";
    const location = "https://www.example.com";
    expect(
      decode(
        hpack,
        "3fe101 4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3",
      ),
    ).toEqual([":status", "302", "cache-control", "private", "date", date, "location", location]);
    expect(hpack.tableBytes).toBe(222);
    expect(decode(hpack, "4883 640e ffc1 c0bf")[1]).toBe("307");
    expect(hpack.tableBytes).toBe(222);
    const last = decode(
      hpack,
      "88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07",
    );
    expect(last.slice(-2)).toEqual(["set-cookie", "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1"]);
    expect(hpack.tableBytes).toBe(215);
  });

  it("gives the same object for the same block, until the table changes", () => {
    const hpack = decoder();
    const block = Buffer.from("828684be", "hex");
    decode(hpack, "41 0161");
    const lists = [0, 1, 2, 3].map(() => hpack.decode(block, 0, block.length));
    expect(lists[1]?.fields).toEqual([":method", "GET", ":scheme", "http", ":path", "/", ":authority", "a"]);
    expect(lists[2]).toBe(lists[1]);
    expect(lists[3]).toBe(lists[1]);
    decode(hpack, "41 0162");
    expect(hpack.decode(block, 0, block.length).get(":authority")).toBe("b");
  });

  it("gives blocks that begin alike the same base", () => {
    const into = decoder();
    decode(into, "828684410f7777772e6578616d706c652e636f6d");
    // Four indexed fields, then a literal that is in no table.
    const blocks = ["a", "b", "c", "d"].map((id) => `828684be0003782d6901${Buffer.from(id).toString("hex")}`);
    const lists = blocks.map((hex) => into.decode(Buffer.from(hex, "hex"), 0, hex.length / 2));
    for (const [i, list] of lists.entries()) expect(list.fields).toEqual([...first, "x-i", "abcd"[i]]);
    expect(lists[2]?.base?.fields).toEqual(first);
    expect(lists[3]?.base).toBe(lists[2]?.base);
    const more = decode(into, "828684be4003782d6a0131"); // changes the table
    expect(more).toEqual([...first, "x-j", "1"]);
    expect(decode(into, "828684bf0003782d690165")).toEqual([...first, "x-i", "e"]);
    // The bytes that were the base before now name another field.
    expect(decode(into, "828684be0003782d690166")).toEqual([...first.slice(0, 6), "x-j", "1", "x-i", "f"]);
  });

  it("cuts a list that is too large and keeps the table right", () => {
    const hpack = new HpackDecoder(4096, 100);
    const list = hpack.decode(Buffer.from(`4001613e${"78".repeat(62)}${"be".repeat(50)}`, "hex"), 0, 4 + 62 + 50);
    expect(list.tooLarge).toBe(true);
    expect(list.fields.length).toBe(2);
    expect(decode(hpack, "be")).toEqual(["a", "x".repeat(62)]);
  });

  it.each([
    ["index 0", "80", /index 0/],
    ["an index beyond the table", "be", /index 62/],
    ["a name index beyond the table", "7e0161", /index 62/],
    ["a block that ends after the first byte of a field", "41", /ends within/],
    ["a string that ends early", "4003616200", /ends within/],
    ["a number that never ends", `ff${"80".repeat(40)}01`, /too long/],
    ["a number beyond all bounds", "ffffffffff7f", /too l/],
    ["a size update after a field", "8220", /follows a field/],
    ["a size update above the limit", "3fe21f", /4097 exceeds/],
    ["a size update that ends early", "3f", /ends within/],
  ])("refuses %s", (_, hex, message) => {
    expect(() => decode(decoder(), hex)).toThrow(message);
  });

  it("insists on the announcement of a smaller table once that was acknowledged", () => {
    const hpack = new HpackDecoder(100, 65_536);
    expect(decode(hpack, "410161")).toEqual([":authority", "a"]);
    hpack.allow(100);
    expect(() => decode(hpack, "82")).toThrow(/smaller table/);
  });

  it("follows a table that shrinks and grows within one block", () => {
    const hpack = decoder();
    decode(hpack, "410161");
    expect(decode(hpack, "20 3fe11f 82")).toEqual([":method", "GET"]);
    expect(hpack.tableBytes).toBe(0);
  });
});
