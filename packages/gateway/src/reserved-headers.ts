/**
 * Whether a header may come from outside, so that a caller cannot pose as a part of the system. Not `grpc-*` and
 * `micro-*`, which the framework speaks among itself, nor `x-api-field-*` and `x-api-body`, by which older gateways
 * filled fields of messages. Decided by the first letters, which spares most names four comparisons. `name` in lower case.
 */
export function forOutsiders(name: string): boolean {
  switch (name.charCodeAt(0)) {
    case 0x3a: // ":"
      return false;
    case 0x67: // "g"
      return !name.startsWith("grpc-");
    case 0x6d: // "m"
      return !name.startsWith("micro-");
    case 0x78: // "x"
      return !name.startsWith("x-api-field-") && name !== "x-api-body";
    default:
      return true;
  }
}
