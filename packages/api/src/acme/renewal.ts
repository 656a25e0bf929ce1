import { X509Certificate } from "node:crypto";

/** When to renew a certificate: when a third of its life is left, in milliseconds since 1970. */
export function renewAt(pem: string): number {
  const { validFrom, validTo } = new X509Certificate(pem);
  const until = Date.parse(validTo);
  return until - (until - Date.parse(validFrom)) / 3;
}
