import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext, type SecureContextOptions } from "node:tls";
import { type Clock, ConfigError, closeable, closeOnce, type Logger, silentLogger, systemClock } from "@micro/core";
import { describeCertificate } from "./describe-certificate.ts";
import type { TlsSource } from "./tls-source.ts";

export interface FileTlsOptions {
  /** The certificate and those between it and its root, PEM. */
  certFile: string;
  /** Its private key, PEM. */
  keyFile: string;
  /** Peers must show a certificate that one of these signed, PEM. @default peers need none */
  clientCaFile?: string;
  /** How often the files are read again, in milliseconds. @default 10000 */
  intervalMs?: number;
  /** @default silentLogger */
  logger?: Logger;
  /** @default systemClock */
  clock?: Clock;
}

interface Files {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca: Buffer | undefined;
}

/**
 * Certificates from files. Changed files are used for new connections within `intervalMs`; they are read and not watched, since
 * watches miss the links by which secrets are swapped. Files that make no sense, such as a certificate whose key has not been
 * written yet, are an error in the log, and the last good ones stay.
 */
export function fileTls(options: FileTlsOptions): TlsSource {
  const { certFile, keyFile, clientCaFile, intervalMs = 10_000, logger = silentLogger, clock = systemClock } = options;
  let cancel: () => void = () => undefined;
  let closed = false;
  // What was looked at last, good or bad, and what was wrong with it, so that the same fault is told once.
  let seen = "";
  let fault = "";

  async function read(): Promise<Files> {
    const [cert, key, ca] = await Promise.all([
      readFile(certFile),
      readFile(keyFile),
      clientCaFile === undefined ? undefined : readFile(clientCaFile),
    ]);
    return { cert, key, ca };
  }

  function contextOf({ cert, key, ca }: Files): SecureContextOptions {
    const context = { cert, key, ...(ca && { ca }) };
    createSecureContext(context);
    if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)))
      throw new Error(`the key in ${keyFile} is not that of the certificate in ${certFile}`);
    if (ca) new X509Certificate(ca);
    return context;
  }

  /** Uses the files when they are others than before; false when they are as they were. */
  async function look(use: (context: SecureContextOptions) => void): Promise<boolean> {
    const files = await read();
    const text = [files.cert, files.key, files.ca ?? ""].join("\n");
    if (text === seen) return false;
    seen = text;
    use(contextOf(files));
    logger.info(`TLS certificate ${certFile}: ${describeCertificate(files.cert)}`);
    return true;
  }

  function lookLater(use: (context: SecureContextOptions) => void): void {
    if (closed) return;
    cancel = clock.after(
      intervalMs,
      () => {
        void lookAgain(use);
      },
      { background: true },
    );
  }

  async function lookAgain(use: (context: SecureContextOptions) => void): Promise<void> {
    try {
      if (await look(use)) fault = "";
    } catch (reason) {
      const now = reason instanceof Error ? reason.message : String(reason);
      if (now !== fault)
        logger.error(`TLS files ${certFile} and ${keyFile} cannot be used, the last good ones stay: ${now}`);
      fault = now;
    }
    lookLater(use);
  }

  return {
    demandsClientCertificate: clientCaFile !== undefined,
    async start(use) {
      try {
        await look(use);
      } catch (reason) {
        const why = reason instanceof Error ? reason.message : String(reason);
        throw new ConfigError(`cannot use TLS files ${certFile} and ${keyFile}: ${why}`, { cause: reason });
      }
      lookLater(use);
    },
    ...closeable(
      closeOnce(() => {
        closed = true;
        cancel();
      }),
    ),
  };
}
