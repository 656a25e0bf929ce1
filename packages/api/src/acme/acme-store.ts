import { createHash, randomUUID, X509Certificate } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { crypto } from "acme-client";
import { renewAt } from "./renewal.ts";

/** With whom the authority deals: a key, and the address it gave to the account once there was one. */
export interface AcmeAccount {
  /** PEM. */
  readonly key: string;
  readonly url?: string;
}

/** Account and certificate of one authority and one set of names, in a folder. */
export interface AcmeStore {
  /** The account; a new key when there is none. */
  account(): Promise<AcmeAccount>;
  keepAccount(account: AcmeAccount): Promise<void>;
  /** The certificate, when it is for these names and good for longer than until its renewal; undefined otherwise. */
  certificate(now: number): Promise<{ cert: string; key: string } | undefined>;
  keep(obtained: { cert: string; key: string }): Promise<void>;
}

/** Files that nobody else can read, replaced as a whole. The folder is made when it is missing. */
export function acmeStore(folder: string, directoryUrl: string, hosts: readonly string[]): AcmeStore {
  const accountFile = join(folder, `account-${shortHash(directoryUrl)}.json`);
  const certificateFile = join(folder, `certificate-${shortHash([directoryUrl, ...[...hosts].sort()].join(" "))}.pem`);

  async function write(file: string, text: string): Promise<void> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const unfinished = `${file}.${randomUUID()}`;
    await writeFile(unfinished, text, { mode: 0o600 });
    await rename(unfinished, file);
  }

  return {
    async account() {
      const known = await textOf(accountFile);
      return known === undefined ? { key: (await crypto.createPrivateEcdsaKey()).toString() } : JSON.parse(known);
    },
    keepAccount: (account) => write(accountFile, JSON.stringify(account)),
    async certificate(now) {
      const text = await textOf(certificateFile);
      const [, key, cert] =
        /^(-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----\n)(.*)$/s.exec(text ?? "") ?? [];
      if (key === undefined || cert === undefined || !isGood(cert, hosts, now)) return undefined;
      return { cert, key };
    },
    keep: ({ cert, key }) => write(certificateFile, `${key.trimEnd()}\n${cert}`),
  };
}

function isGood(cert: string, hosts: readonly string[], now: number): boolean {
  const certificate = new X509Certificate(cert);
  return renewAt(cert) > now && hosts.every((host) => certificate.checkHost(host) !== undefined);
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (reason) {
    if (reason instanceof Error && "code" in reason && reason.code === "ENOENT") return undefined;
    throw reason;
  }
}

function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
