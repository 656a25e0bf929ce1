/** A URL with the values of query parameters that look like secrets replaced, for logs, which more people read than write. */
export function maskedUrl(url: string): string {
  const at = url.indexOf("?");
  if (at < 0) return url;
  const pairs = url.slice(at + 1).split("&");
  return `${url.slice(0, at + 1)}${pairs.map(masked).join("&")}`;
}

function masked(pair: string): string {
  const equals = pair.indexOf("=");
  if (equals < 0 || !secret.test(decoded(pair.slice(0, equals)))) return pair;
  return `${pair.slice(0, equals)}=***`;
}

// By words that a name holds: access_token, client-secret, apiKey, X-Amz-Signature, code (of OAuth), sid.
const secret =
  /token|secret|passw|passphrase|api[-_.]?key|private[-_.]?key|auth|credential|signature|jwt|session|assertion|^(?:key|code|sid|sig|pin|otp|pwd|state)$/i;

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name; // no name that means anything; it is compared as it stands
  }
}
