import { expect, it } from "vitest";
import { readableFailure } from "./tls-failure.ts";

const openssl = (said: string, alert: number | undefined): string =>
  `80AC:error:0A000418:SSL routines:ssl3_read_bytes:${said}:../deps/openssl/rec_layer_s3.c:1601:${alert ? `SSL alert number ${alert}` : ""}\n`;

it.each([
  ["tlsv1 alert unknown ca", 48, /^lost: the peer refuses the certificate.*trusts nobody.* \(unknown ca\)$/],
  ["sslv3 alert certificate expired", 45, /^lost: the peer refuses the certificate.* \(certificate expired\)$/],
  [
    "tlsv13 alert certificate required",
    116,
    /^lost: the peer wants to be shown a certificate.* \(certificate required\)$/,
  ],
  ["wrong version number", undefined, /^lost: the peer does not speak TLS \(wrong version number\)$/],
  ["tlsv1 alert internal error", 80, /^lost: TLS was refused \(internal error\)$/],
])("says what OpenSSL means by %s", (said, alert, meaning) => {
  expect(readableFailure(`lost: ${openssl(said, alert)}`)).toMatch(meaning);
});

it("leaves every other failure as it is", () => {
  for (const why of ["", "connect ECONNREFUSED 127.0.0.1:1", "self-signed certificate", "error: SSL routines"])
    expect(readableFailure(why)).toBe(why);
});
