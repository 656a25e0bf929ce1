import type { Server } from "node:http";
import type { SecureContextOptions, TLSSocket, TlsOptions } from "node:tls";
import type { Closeable, Logger } from "@micro/core";
import type { OwnHandshakes } from "./own-handshakes.ts";

/** Where a server's certificates come from; they may change while it serves. */
export interface TlsSource extends Closeable {
  /** Peers must show a certificate signed by the `ca` of the context. */
  readonly demandsClientCertificate: boolean;
  /** Handshakes that it answers itself; with these `start` is called when the port is served already, though no certificate is there yet. */
  readonly ownHandshakes?: OwnHandshakes;
  /**
   * Hands the certificates to `use`, now and whenever there are others. Rejects when there are none to begin with; later
   * failures are logged, and the last good ones stay.
   */
  start(use: (context: SecureContextOptions) => void): Promise<void>;
}

/** What holds for all certificates of a source. */
export function tlsServerOptions({ demandsClientCertificate }: TlsSource): TlsOptions {
  return {
    minVersion: "TLSv1.2",
    ALPNProtocols: ["http/1.1"],
    // A peer that opens connections and does not speak holds them no longer than one that sends no headers.
    handshakeTimeout: 10_000,
    requestCert: demandsClientCertificate,
    rejectUnauthorized: demandsClientCertificate,
  };
}

/** Handshakes fail for reasons of the peer's, scanners and old clients; whoever looks for one finds it at `debug`. */
export function noteHandshakes(server: Server, logger: Logger): void {
  server.on("tlsClientError", (error: Error, socket: TLSSocket) => {
    logger.debug(`TLS handshake with ${socket.remoteAddress ?? "a peer that has gone"} failed: ${error.message}`);
    socket.destroy();
  });
}
