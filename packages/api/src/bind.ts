import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { ConfigError, formatHostPort, parseListenAddress } from "@micro/core";

/** Makes the server listen at `address` and tells where that is. Rejects with a `ConfigError` when the address cannot be had. */
export function bind(server: Server, address: string): Promise<string> {
  const { host, port } = parseListenAddress(address, "address");
  return new Promise((resolve, reject) => {
    const onError = (reason: NodeJS.ErrnoException): void => {
      const why = reason.code === "EADDRINUSE" ? "the port is in use" : reason.message;
      reject(new ConfigError(`cannot listen on ${address}: ${why}`, { cause: reason }));
    };
    server.once("error", onError);
    // Without a host Node takes all interfaces, of IPv6 where there is any and of IPv4.
    server.listen({ port, ...(host && { host }) }, () => {
      server.off("error", onError);
      const bound = server.address() as AddressInfo;
      resolve(formatHostPort(bound.address, bound.port));
    });
  });
}
