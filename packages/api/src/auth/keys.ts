import { readFile } from "node:fs/promises";
import { type Clock, type Closeable, ConfigError, closeable, closeOnce, type Logger } from "@micro/core";
import { createLocalJWKSet, createRemoteJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from "jose";

/** Where the keys of an issuer come from: one of the two. */
export interface KeyOptions {
  /** Where the issuer publishes its key set; https, or http on this machine. */
  jwksUrl?: string;
  /** A file with a key set. */
  jwksFile?: string;
}

/** The public keys of an issuer. */
export interface Keys extends Closeable {
  readonly find: JWTVerifyGetKey;
  start(): Promise<void>;
}

const refreshMs = 600_000;
// While the issuer does not answer its last keys hold; for not longer than that, as they may have been withdrawn.
const keptMs = 6 * 3_600_000;

/** The keys, looked up again every ten minutes, and at once (twice a minute at most) when a token names one that is not known. */
export function issuerKeys({ jwksUrl, jwksFile }: KeyOptions, logger: Logger, clock: Clock): Keys {
  if ((jwksUrl === undefined) === (jwksFile === undefined))
    throw new ConfigError("authentication needs the issuer's keys: either a URL or a file with its JSON Web Key Set");
  return jwksUrl === undefined ? keysOfFile(jwksFile ?? "") : keysOfUrl(checkedUrl(jwksUrl), logger, clock);
}

function keysOfFile(file: string): Keys {
  let local: JWTVerifyGetKey | undefined;
  return {
    find: (header, token) => {
      if (!local) throw new Error(`${file} has not been read`);
      return local(header, token);
    },
    async start() {
      try {
        const set: JSONWebKeySet = JSON.parse(await readFile(file, "utf8"));
        local = createLocalJWKSet(set);
      } catch (reason) {
        const why = reason instanceof Error ? reason.message : String(reason);
        throw new ConfigError(`cannot use key set ${file}: ${why}`, { cause: reason });
      }
    },
    ...closeable(async () => undefined),
  };
}

function keysOfUrl(url: URL, logger: Logger, clock: Clock): Keys {
  const remote = createRemoteJWKSet(url, { timeoutDuration: 5_000, cooldownDuration: 30_000, cacheMaxAge: keptMs });
  let cancel: () => void = () => undefined;
  let closed = false;

  async function refresh(): Promise<void> {
    try {
      await remote.reload();
    } catch (reason) {
      logger.warn(
        `cannot read the keys of ${url}, those known stay: ${reason instanceof Error ? reason.message : reason}`,
      );
    }
    if (!closed) cancel = clock.after(refreshMs, () => void refresh(), { background: true });
  }

  return {
    find: remote,
    start: refresh,
    ...closeable(
      closeOnce(() => {
        closed = true;
        cancel();
      }),
    ),
  };
}

function checkedUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const near = url !== undefined && ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);
  if (url?.protocol === "https:" || (url?.protocol === "http:" && near)) return url;
  throw new ConfigError(
    `key set URL is ${JSON.stringify(text)}; expected https, since who can change it can sign in as anybody`,
  );
}
