import { Buffer, isUtf8 } from "node:buffer";
import { goFieldName, type TreeForm } from "@micro/core";
import { Real } from "./real.ts";

/** The types that go-bson gives Go's, among them binary for strings, which need not be UTF-8 in Go. */
export const messageForm: TreeForm = { key: goFieldName, write: writeScalar, read: readScalar };

function writeScalar(type: string, value: unknown): unknown {
  switch (type) {
    case "string":
      return Buffer.from(value as string);
    case "double":
    case "float":
      return new Real(value as number);
    case "uint32":
    case "fixed32":
      return BigInt(value as number);
    case "uint64":
    case "fixed64":
      // BSON has only signed ones: Go lets the greatest become negative.
      return BigInt.asIntN(64, value as bigint);
    default:
      return value;
  }
}

function readScalar(type: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return type === "string" ? readText(value) : value;
  if (typeof value === "string") return type === "bytes" ? Uint8Array.from(Buffer.from(value)) : value;
  if (typeof value !== "bigint" && typeof value !== "number") return value;
  if (!type.endsWith("64")) return typeof value === "bigint" ? Number(value) : value;
  if (!Number.isInteger(Number(value))) return value;
  return type.startsWith("u") || type === "fixed64" ? BigInt.asUintN(64, BigInt(value)) : BigInt(value);
}

/** The text of a string that was written as binary. Throws when it is not UTF-8. */
export function readText(bytes: Uint8Array): string {
  if (!isUtf8(bytes)) throw new Error("invalid BSON: a string is not UTF-8");
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
}
