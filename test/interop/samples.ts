/** A `Sample` each of whose fields has a value that a wrong codec would spoil. */
export const everyField = {
  text: 'naïve ✓ <>&% "quoted"\n\u2028',
  big: -9_007_199_254_740_993n,
  blob: Uint8Array.of(0, 1, 0xfe, 0xff),
  tags: ["a", "", "ü"],
  kind: 2,
  counts: { one: 1, "": -1 },
  innerValue: { longName: "outer", next: { longName: "inner" } },
  yes: true,
  ratio: 1e-300,
  huge: 18_446_744_073_709_551_615n,
  manyInner: [{ longName: "x" }, {}],
};
