import { axios, Client, crypto } from "acme-client";
import type { AcmeAccount } from "./acme-store.ts";
import type { Challenges } from "./challenges.ts";

/** What a certificate is asked for with. */
export interface CertificateOrder {
  readonly hosts: readonly string[];
  readonly directoryUrl: string;
  readonly account: AcmeAccount;
  readonly email?: string;
  readonly challenges: Pick<Challenges, "type" | "put" | "remove">;
}

/** What came of an order, PEM; and the account as the authority knows it now. */
export interface Obtained {
  readonly cert: string;
  readonly key: string;
  readonly account: AcmeAccount;
}

/** One order from its beginning to the certificate, with a new key. Rejects with what the authority says. */
export async function obtainCertificate(order: CertificateOrder): Promise<Obtained> {
  try {
    return await obtain(order);
  } catch (reason) {
    throw await explained(reason, order.directoryUrl);
  }
}

async function obtain(order: CertificateOrder): Promise<Obtained> {
  // Five repeats of its own would hold up a start, and its end, for more than a minute.
  Object.assign(axios.defaults, { acmeSettings: { ...acmeSettings(), retryMaxAttempts: 1 } });
  const { hosts, directoryUrl, account, email, challenges } = order;
  const known = account.url === undefined ? {} : { accountUrl: account.url };
  const client = new Client({ directoryUrl, accountKey: account.key, ...known, backoffMin: 1_000, backoffMax: 15_000 });
  const [key, csr] = await crypto.createCsr({ altNames: [...hosts] }, await crypto.createPrivateEcdsaKey());
  const cert = await client.auto({
    csr,
    ...(email && { email }),
    termsOfServiceAgreed: true,
    challengePriority: [challenges.type],
    // From inside, the way that the authority takes is often closed.
    skipChallengeVerification: true,
    challengeCreateFn: async ({ identifier }, { type, token }, answer) => {
      if (type !== challenges.type)
        throw new Error(`the authority offers ${type} only, and this was told to answer ${challenges.type}`);
      await challenges.put({ host: identifier.value, token, answer });
    },
    challengeRemoveFn: async ({ identifier }, { token }) => challenges.remove({ host: identifier.value, token }),
  });
  return { cert, key: key.toString(), account: { key: account.key, url: client.getAccountUrl() } };
}

function acmeSettings(): object | undefined {
  return (axios.defaults as { acmeSettings?: object }).acmeSettings;
}

/** What went wrong; the library trips over connections that fail and does not say why, so that is asked again. */
async function explained(reason: unknown, directoryUrl: string): Promise<unknown> {
  if (!(reason instanceof TypeError)) return reason;
  try {
    await fetch(directoryUrl, { signal: AbortSignal.timeout(5_000) });
    return reason;
  } catch (failure) {
    const cause = failure instanceof Error ? (failure.cause ?? failure) : failure;
    const why = cause instanceof Error ? cause.message || String(cause) : String(cause);
    return new Error(`the authority cannot be reached: ${why}`, { cause: failure });
  }
}
