// Compiled, never run: what the generated types allow, and what they must not.
import type { Init, TypedClient } from "@micro/core";
import type { Legacy } from "./gen/legacy.ts";
import { type Color, Color as Colors, Empty, type Scalars } from "./gen/scalars.ts";
import { type Money, Money as MoneyType } from "./gen/shop/money.ts";
import { Order, Order_State, Orders } from "./gen/shop/orders.ts";

declare const client: TypedClient<typeof Orders.methods>;
declare const scalars: Scalars;
declare const legacy: Legacy;

/** Requests may leave anything out; responses have everything without presence. */
export async function calls(): Promise<void> {
  const order: Order = await client.getOrder({ orderId: "1" });
  await client.getOrder({});
  // @ts-expect-error a field that there is not
  await client.getOrder({ orderID: "1" });
  // @ts-expect-error a number where a string belongs
  await client.getOrder({ orderId: 1 });
  const id: string = order.orderId;
  // @ts-expect-error nobody knows that it is set
  const created: bigint = order.created.seconds;
  // @ts-expect-error a method that there is not
  await client.getorder({});
  use(id, created);
}

/** Kinds and the like are known to the compiler, so that handlers get their types from them. */
export function descriptions(): void {
  const kind: "duplex" = Orders.methods.chat.kind;
  // @ts-expect-error another kind
  const unary: "unary" = Orders.methods.watchOrders.kind;
  use(kind, unary, Orders.methods.getOrder.request.encode({ orderId: "1" }));
}

/** Each scalar has its TypeScript type. */
export function types(): void {
  const numbers: number[] = [scalars.aDouble, scalars.aFloat, scalars.anInt32, scalars.aFixed32, scalars.aColor];
  const longs: bigint[] = [scalars.anInt64, scalars.aUint64, scalars.aSint64, scalars.aFixed64, scalars.aSfixed64];
  const rest: [boolean, string, Uint8Array] = [scalars.aBool, scalars.aString, scalars.someBytes];
  const maybe: [number | undefined, Color | undefined, Empty | undefined] = [
    scalars.maybeDouble,
    scalars.maybeColor,
    scalars.maybeEmpty,
  ];
  // @ts-expect-error presence
  const certain: string = scalars.maybeString;
  const lists: [bigint[], Uint8Array[]] = [scalars.int64s, scalars.blobs];
  const maps: [Record<string, number>, Record<string, Scalars>] = [scalars.boolMap, scalars.scalarsByNumber];
  use(numbers, longs, rest, maybe, certain, lists, maps);
}

/** Enums are open; their values are known. */
export function enums(): void {
  const red: 1 = Colors.COLOR_RED;
  const unknown: Color = 77;
  // @ts-expect-error a value that there is not
  use(Order_State.STATE_LOST);
  use(red, unknown);
}

/** proto2: required fields are always there. */
export function proto2(): void {
  const id: string = legacy.id;
  // @ts-expect-error a default is not filled in
  const count: number = legacy.count;
  // @ts-expect-error groups are left out
  use(legacy.result);
  use(id, count);
}

/** Part of a message, at every depth, is enough to make one. */
export function parts(): void {
  const init: Init<Order> = { lines: [{ price: { cents: 1n } }], card: { number: "4" } };
  const decoded: Money = MoneyType.decode(MoneyType.encode({ cents: 5n }));
  use(Order.encode(init), decoded, Empty.encode({}));
  // @ts-expect-error 64-bit integers are bigint
  use(MoneyType.encode({ cents: 5 }));
}

declare function use(...values: readonly unknown[]): void;
