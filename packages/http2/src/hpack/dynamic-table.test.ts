import { expect, it } from "vitest";
import { DynamicTable } from "./dynamic-table.ts";

it("evicts the oldest when a new field needs the room", () => {
  const table = new DynamicTable(3 * 34);
  for (const name of ["a", "b", "c", "d"]) table.insert(name, "1");
  expect(table.length).toBe(3);
  expect(table.has(0)).toBe(false);
  expect([1, 2, 3].map((number) => table.nameOf(number))).toEqual(["b", "c", "d"]);
  expect(table.bytes).toBe(3 * 34);
});

it("is emptied by a field larger than itself", () => {
  const table = new DynamicTable(100);
  table.insert("a", "1");
  expect(table.insert("b", "x".repeat(100))).toBe(false);
  expect(table.length).toBe(0);
  expect(table.bytes).toBe(0);
});

it("keeps its entries when it grows beyond its first room", () => {
  const table = new DynamicTable(100_000);
  for (let i = 0; i < 500; i++) table.insert(`n${i}`, `v${i}`);
  expect(table.length).toBe(500);
  for (let i = 0; i < 500; i++) expect([table.nameOf(i), table.valueOf(i)]).toEqual([`n${i}`, `v${i}`]);
});

it("evicts when it shrinks, and tells of each entry", () => {
  const gone: number[] = [];
  const table = new DynamicTable(1000);
  table.onEvict = (_name, _value, number) => gone.push(number);
  for (const name of ["a", "b", "c"]) table.insert(name, "1");
  table.resize(34);
  expect(gone).toEqual([0, 1]);
  table.resize(0);
  expect(gone).toEqual([0, 1, 2]);
});
