import { type NetworkInterfaceInfo, networkInterfaces } from "node:os";
import { ConfigError } from "./plugin.ts";

export interface HostPort {
  /** Without brackets; empty means all interfaces. */
  host: string;
  port: number;
}

/** Reads `:0`, `host:port` or `[v6]:port`. Throws a `ConfigError` that names `what` and the text. */
export function parseListenAddress(text: string, what: string): HostPort {
  const match = /^(?:\[([0-9a-fA-F:.%\w]+)\]|([^:[\]\s]*)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (!match || port > 65_535) {
    throw new ConfigError(`${what}: "${text}" is no address; expected host:port, :port or [ipv6]:port`);
  }
  return { host: match[1] ?? match[2] ?? "", port };
}

/** `host:port`, with brackets around an IPv6 address. */
export function formatHostPort(host: string, port: number | string): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * The address to publish. A host that means "all interfaces" becomes one under which other machines find this one:
 * the first private address, loopback last, else the last address there is. Any other host is published as given; a
 * string without port too.
 * Source: go-micro v2.9.1 `util/addr/addr.go`.
 */
export function advertisedAddress(
  advertise: string | undefined,
  listening: HostPort,
  interfaces: Interfaces = networkInterfaces(),
): string {
  const { host, port } = advertise ? splitLoosely(advertise) : { host: listening.host, port: String(listening.port) };
  const published = meansAll.has(host) ? localAddress(interfaces) : host;
  return port === "" ? published : formatHostPort(published, port);
}

type Interfaces = ReturnType<typeof networkInterfaces>;

const meansAll: ReadonlySet<string> = new Set(["", "0.0.0.0", "::"]);

function splitLoosely(text: string): { host: string; port: string } {
  const colon = text.lastIndexOf(":");
  if (colon < 0 || text.endsWith("]")) return { host: text.replace(/^\[|\]$/g, ""), port: "" };
  return { host: text.slice(0, colon).replace(/^\[|\]$/g, ""), port: text.slice(colon + 1) };
}

function localAddress(interfaces: Interfaces): string {
  const all = Object.values(interfaces).flatMap((addresses) => addresses ?? []);
  const ordered = [...all.filter((each) => !each.internal), ...all.filter((each) => each.internal)];
  return (ordered.find(isPrivate) ?? ordered.at(-1))?.address ?? "127.0.0.1";
}

function isPrivate({ address, family }: NetworkInterfaceInfo): boolean {
  if (family === "IPv6") return /^fd/i.test(address); // fd00::/8
  const [a = 0, b = 0] = address.split(".").map(Number);
  return a === 10 || (a === 172 && b >= 16 && b < 32) || (a === 192 && b === 168) || (a === 100 && b >= 64 && b < 128);
}
