import { expect, it } from "vitest";
import { Legacy } from "./gen/legacy.ts";
import { Outer_Inner_, string_ } from "./gen/names.ts";
import { Color, Scalars } from "./gen/scalars.ts";
import { Order, Order_State, Orders } from "./gen/shop/orders.ts";

it("gives back every scalar type as the generated interface says", () => {
  const value: Scalars = {
    ...Scalars.decode(new Uint8Array()),
    aDouble: 1.5,
    anInt64: -(2n ** 63n),
    aUint64: 2n ** 64n - 1n,
    aSint32: -1,
    aFixed64: 7n,
    aBool: true,
    aString: "ä",
    someBytes: Uint8Array.of(0, 255),
    aColor: Color.COLOR_BELOW,
    maybeInt32: 0,
    maybeEmpty: {},
    int64s: [1n, -1n],
    colors: [Color.COLOR_RED, 77],
    stringMap: { key: "value" },
    longMap: { "18446744073709551615": Uint8Array.of(1) },
    boolMap: { true: Color.COLOR_RED },
  };
  expect(Scalars.decode(Scalars.encode(value))).toEqual(value);
});

it("sets on an empty message exactly the keys that are not optional in the interface", () => {
  expect(Order.decode(new Uint8Array())).toEqual({
    orderId: "",
    lines: [],
    state: Order_State.STATE_NEW,
    linesBySku: {},
    note: "",
  } satisfies Order);
});

it("round-trips messages of imported files, well-known ones too", () => {
  const order = {
    orderId: "1",
    created: { seconds: 1n, nanos: 5 },
    lines: [{ sku: "a", price: { currency: "EUR", cents: -1n } }],
  };
  expect(Order.decode(Order.encode(order))).toMatchObject(order);
});

it("finds messages under the names that collisions gave them", () => {
  expect(Outer_Inner_.name).toBe("Outer.Inner");
  expect(string_.decode(string_.encode({ theirs: { cents: 3n } })).theirs?.cents).toBe(3n);
});

it("round-trips proto2, leaving out what has a default only", () => {
  const value = { id: "x", flag: false, packed: [1, 2], units: { a: 0 } };
  const decoded = Legacy.decode(Legacy.encode(value));
  expect(decoded).toEqual({ ...value, count: undefined });
});

it("gives the description's files for reflection", () => {
  const text = Buffer.from(Orders.files?.() ?? []).toString("latin1");
  for (const name of ["shop/orders.proto", "shop/money.proto", "google/protobuf/timestamp.proto"]) {
    expect(text).toContain(name);
  }
  // Comments stay at home, and so does what only options need.
  expect(text).not.toContain("One request, one response");
  expect(text).not.toContain("google/protobuf/descriptor.proto");
});
