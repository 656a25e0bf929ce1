import type { GatewayRequest } from "@micro/gateway";

/** Who sends a request, as a token says that was found to be good. */
export interface Account {
  /** The subject. */
  readonly id: string;
  readonly issuer: string;
  readonly scopes: readonly string[];
}

/** Under which services find the account in their metadata; no outside header of that name gets there. */
export const accountKey = "micro-account";

const accounts = new WeakMap<GatewayRequest, Account>();

/** Who sends the request; undefined when nobody has said so credibly. */
export function accountOf(request: GatewayRequest): Account | undefined {
  return accounts.get(request);
}

/** From now on the request is that account's, and services are told. */
export function setAccount(request: GatewayRequest, account: Account): void {
  accounts.set(request, account);
  request.trusted = { ...request.trusted, [accountKey]: accountText(account) };
}

/** JSON in ASCII, which every transport of metadata can carry. */
function accountText(account: Account): string {
  return JSON.stringify(account).replace(
    /[^\x20-\x7e]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
