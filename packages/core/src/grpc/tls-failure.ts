/**
 * What became of a connection, for people: where it is OpenSSL's word for why TLS was refused, what that means for whoever
 * reads it. Anything else stays as it is.
 */
export function readableFailure(why: string): string {
  const found = /[0-9A-F]*:?error:[0-9A-F]+:SSL routines:[^:]*:([^:]+):\S*?:\d+:(?:SSL alert number (\d+))?\s*/.exec(
    why,
  );
  if (!found) return why;
  const [whole, said = "", alert] = found;
  const words = said.replace(/^(ssl|tls)v?[\d.]* alert /, "");
  return why.replace(whole, `${meanings.get(Number(alert)) ?? (byWords.get(words) || "TLS was refused")} (${words})`);
}

const refused = "the peer refuses the certificate that it was shown";

// RFC 8446, section 6.
const meanings: ReadonlyMap<number, string> = new Map([
  [42, refused],
  [43, refused],
  [44, refused],
  [45, refused],
  [46, refused],
  [48, `${refused}, since it trusts nobody who vouches for it`],
  [49, refused],
  [116, "the peer wants to be shown a certificate, and was shown none"],
]);

const byWords: ReadonlyMap<string, string> = new Map([["wrong version number", "the peer does not speak TLS"]]);
