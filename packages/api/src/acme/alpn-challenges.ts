import { createSecureContext, createServer, type SecureContext } from "node:tls";
import { closeable, closeOnce } from "@micro/core";
import { crypto } from "acme-client";
import type { Challenges } from "./challenges.ts";

const protocol = "acme-tls/1";

/**
 * Answers the authority's questions in handshakes at the port that serves HTTPS, each with a certificate that holds the answer.
 * Source: RFC 8737.
 */
export function alpnChallenges(): Challenges {
  const contexts = new Map<string, SecureContext>();
  // It listens nowhere; connections are handed to it.
  const server = createServer(
    {
      ALPNProtocols: [protocol],
      minVersion: "TLSv1.2",
      handshakeTimeout: 10_000,
      SNICallback: (host, done) => {
        const context = contexts.get(host.toLowerCase());
        done(context ? null : new Error(`nobody asked about ${host}`), context);
      },
    },
    (socket) => socket.on("error", () => socket.destroy()).end(), // the handshake was all that is wanted
  );
  server.on("tlsClientError", (_error, socket) => socket.destroy());
  const open = new Set<{ destroy(): void }>();
  return {
    type: "tls-alpn-01",
    start: async () => undefined,
    async put({ host, answer }) {
      const name = host.toLowerCase();
      const [key, cert] = await crypto.createAlpnCertificate(
        { identifier: { type: "dns", value: name } } as Parameters<typeof crypto.createAlpnCertificate>[0],
        answer,
        await crypto.createPrivateEcdsaKey(),
      );
      contexts.set(name, createSecureContext({ key, cert }));
    },
    remove: ({ host }) => void contexts.delete(host.toLowerCase()),
    ownHandshakes: {
      protocol,
      get expected() {
        return contexts.size > 0;
      },
      take(socket) {
        open.add(socket);
        socket.once("close", () => open.delete(socket));
        server.emit("connection", socket);
      },
    },
    ...closeable(
      closeOnce(() => {
        contexts.clear();
        for (const socket of open) socket.destroy();
      }),
    ),
  };
}
