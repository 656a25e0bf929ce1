/** What an answer can be packed with. */
export type Coding = "br" | "gzip";

/**
 * The coding to use by a request's `accept-encoding`, the one that the peer wants most, `br` before `gzip` where it does not
 * mind; undefined for neither. A name outweighs `*`, and `q=0` forbids (RFC 9110 §12.5.3).
 */
export function acceptedCoding(header: string): Coding | undefined {
  let br: number | undefined;
  let gzip: number | undefined;
  let any: number | undefined;
  for (const part of header.toLowerCase().split(",")) {
    const [name = "", ...parameters] = part.split(";").map((each) => each.trim());
    const quality = qualityOf(parameters);
    if (name === "br") br = quality;
    else if (name === "gzip" || name === "x-gzip") gzip = quality;
    else if (name === "*") any = quality;
  }
  const wants = { br: br ?? any ?? 0, gzip: gzip ?? any ?? 0 };
  if (wants.br <= 0 && wants.gzip <= 0) return undefined;
  return wants.br >= wants.gzip ? "br" : "gzip";
}

function qualityOf(parameters: readonly string[]): number {
  const given = parameters.find((each) => each.startsWith("q="));
  if (given === undefined) return 1;
  const quality = Number(given.slice(2));
  return Number.isFinite(quality) ? quality : 0;
}
