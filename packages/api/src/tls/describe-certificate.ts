import { X509Certificate } from "node:crypto";

/** For whom a certificate is and until when, for people: `a.example, b.example until 2027-01-02T03:04:05.000Z`. */
export function describeCertificate(pem: Buffer | string): string {
  const { subject, subjectAltName, validTo } = new X509Certificate(pem);
  const names = subjectAltName?.replaceAll(/(?:DNS|IP Address):/g, "") ?? subject.replaceAll("\n", ", ");
  return `${names} until ${new Date(validTo).toISOString()}`;
}
