import type { FixedPath, HttpAnswer } from "@micro/gateway";

/** What go-micro's gateway answers itself: its version, and an icon that is empty. */
export function ownPaths(version: string): FixedPath[] {
  // Scripts compare the text, and go-micro writes a blank after the colon.
  const root: HttpAnswer = {
    status: 200,
    headers: [["content-type", "application/json"]],
    body: `{"version": ${JSON.stringify(version)}}`,
  };
  const nothing: HttpAnswer = { status: 200, headers: [], body: "" };
  return [
    { path: "/", answer: () => root },
    { path: "/favicon.ico", answer: () => nothing },
  ];
}
