import type { ScalarType } from "./schema.ts";

/** Turns an object's key into the map's: objects have strings only. A key of the wrong form comes back as it is. */
export function mapKeyReader(type: ScalarType): (name: string) => unknown {
  switch (type) {
    case "string":
    case "int64":
    case "uint64":
    case "sint64":
    case "fixed64":
    case "sfixed64":
      return (name) => name;
    case "bool":
      return (name) => (name === "true" ? true : name === "false" ? false : name);
    default:
      return (name) => (String(Number(name)) === name ? Number(name) : name);
  }
}
