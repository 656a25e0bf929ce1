import type { GatewayRequest } from "@micro/gateway";

/**
 * The address a request comes from. Of a trusted proxy's request it is the last in `x-forwarded-for` that is no trusted
 * proxy itself: what stands further left was written by whoever that is, and may be anything.
 */
export function clientAddress(
  { remoteAddress, headers }: Pick<GatewayRequest, "remoteAddress" | "headers">,
  isProxy: (address: string) => boolean,
): string {
  let address = bare(remoteAddress);
  if (!isProxy(address)) return address;
  const given = headers["x-forwarded-for"];
  const chain = (typeof given === "string" ? given : (given?.join(",") ?? "")).split(",");
  for (const each of chain.reverse()) {
    const next = bare(each.trim());
    if (next === "") break;
    address = next;
    if (!isProxy(next)) break;
  }
  return address;
}

/** Without port and brackets, and an IPv4 address as such. */
function bare(address: string): string {
  const bracketed = /^\[([^\]]*)\]/.exec(address)?.[1];
  const host = bracketed ?? (/^[\d.]+:\d+$/.test(address) ? address.replace(/:\d+$/, "") : address);
  return host.startsWith("::ffff:") ? host.slice(7) : host;
}
