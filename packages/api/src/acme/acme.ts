import {
  backoffMs,
  type Clock,
  ConfigError,
  closeable,
  closeOnce,
  type Logger,
  silentLogger,
  systemClock,
} from "@micro/core";
import { requireWord } from "@micro/gateway";
import { describeCertificate } from "../tls/describe-certificate.ts";
import type { TlsSource } from "../tls/tls-source.ts";
import { type AcmeStore, acmeStore } from "./acme-store.ts";
import { alpnChallenges } from "./alpn-challenges.ts";
import { challengeServer } from "./challenge-server.ts";
import { type Challenges, type ChallengeType, challengeTypes } from "./challenges.ts";
import { obtainCertificate } from "./obtain.ts";
import { renewAt } from "./renewal.ts";

export { type ChallengeType, challengeTypes } from "./challenges.ts";

export interface AcmeOptions {
  /** The names to have a certificate for, all in one. Others are not served. */
  hosts: readonly string[];
  /** Where account and certificate are kept, readable for this user alone. */
  cacheFolder: string;
  /** Whom the authority may write to. @default nobody */
  email?: string;
  /** The authority's directory. @default Let's Encrypt */
  directoryUrl?: string;
  /**
   * How the authority asks: `http-01` over plain HTTP at port 80 of each name, `tls-alpn-01` at port 443, where HTTPS is served, so that no
   * other port is needed. @default "http-01"
   */
  challenge?: ChallengeType;
  /** Where `http-01` is answered; others who come there are sent to HTTPS. @default ":80" */
  httpAddress?: string;
  /** @default silentLogger */
  logger?: Logger;
  /** @default systemClock */
  clock?: Clock;
}

const letsEncrypt = "https://acme-v02.api.letsencrypt.org/directory";
const retry = { baseMs: 60_000, maxMs: 3_600_000 };
// A timer of Node's holds 24 days; looking often costs nothing and survives clocks that jump.
const maxWaitMs = 12 * 3_600_000;

/**
 * Certificates from an ACME authority: one for all hosts, renewed when a third of its life is left. Who uses this agrees to the
 * authority's terms.
 *
 * A certificate in the cache that is still good is used at once. Without one `start` waits for the authority, and
 * rejects when it refuses. Later failures are errors in the log and tried again within the hour.
 *
 * Throws a `ConfigError` for a challenge that is none, and without hosts: a certificate for whatever name a stranger sends would spend the authority's limits.
 */
export function acmeTls(options: AcmeOptions): TlsSource {
  const {
    email,
    directoryUrl = letsEncrypt,
    challenge = "http-01",
    httpAddress = ":80",
    logger = silentLogger,
    clock = systemClock,
  } = options;
  const hosts = checkedHosts(options.hosts);
  const store: AcmeStore = acmeStore(options.cacheFolder, directoryUrl, hosts);
  const type = requireWord("ACME challenge", challenge, challengeTypes);
  const challenges: Challenges = type === "http-01" ? challengeServer(httpAddress, hosts) : alpnChallenges();
  let cancel: () => void = () => undefined;
  let closed = false;

  async function obtain(): Promise<{ cert: string; key: string }> {
    const before = await store.account();
    const order = { hosts, directoryUrl, account: before, challenges, ...(email && { email }) };
    const { account, ...obtained } = await obtainCertificate(order);
    if (before.url === undefined) await store.keepAccount(account);
    await store.keep(obtained);
    return obtained;
  }

  function later(use: Parameters<TlsSource["start"]>[0], dueMs: number, failures: number): void {
    if (closed) return;
    const wait = Math.max(0, Math.min(dueMs - clock.now(), maxWaitMs));
    cancel = clock.after(
      wait,
      () => {
        if (clock.now() < dueMs) later(use, dueMs, failures);
        else void renew(use, failures);
      },
      { background: true },
    );
  }

  async function renew(use: Parameters<TlsSource["start"]>[0], failures: number): Promise<void> {
    try {
      const context = await obtain();
      if (closed) return;
      use(context);
      logger.info(`TLS certificate renewed: ${describeCertificate(context.cert)}`);
      later(use, renewAt(context.cert), 0);
    } catch (reason) {
      if (closed) return;
      const pauseMs = backoffMs(failures + 1, retry, () => 1);
      const why = reason instanceof Error ? reason.message : String(reason);
      logger.error(
        `cannot renew the TLS certificate for ${hosts.join(", ")} at ${directoryUrl}, next try in ${pauseMs / 1_000} s: ${why}`,
      );
      later(use, clock.now() + pauseMs, failures + 1);
    }
  }

  return {
    demandsClientCertificate: false,
    ...(challenges.ownHandshakes && { ownHandshakes: challenges.ownHandshakes }),
    async start(use) {
      const cached = await store.certificate(clock.now());
      await challenges.start();
      let context = cached;
      if (!context) {
        try {
          context = await obtain();
        } catch (reason) {
          const why = reason instanceof Error ? reason.message : String(reason);
          throw new ConfigError(`no TLS certificate for ${hosts.join(", ")} from ${directoryUrl}: ${why}`, {
            cause: reason,
          });
        }
      }
      use(context);
      logger.info(`TLS certificate ${cached ? "from the cache" : "obtained"}: ${describeCertificate(context.cert)}`);
      later(use, renewAt(context.cert), 0);
    },
    ...closeable(
      closeOnce(async () => {
        closed = true;
        cancel();
        await challenges.close();
      }),
    ),
  };
}

function checkedHosts(hosts: readonly string[]): string[] {
  if (hosts.length === 0) throw new ConfigError("ACME needs the names to have certificates for, such as shop.example");
  for (const host of hosts)
    if (!/^[a-z\d-]+(?:\.[a-z\d-]+)*$/i.test(host))
      throw new ConfigError(
        `ACME host is ${JSON.stringify(host)}; expected a name such as shop.example (a name with * needs a DNS challenge, which this does not do)`,
      );
  return hosts.map((host) => host.toLowerCase());
}
