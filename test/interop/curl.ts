import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { requireServer } from "@micro/testbed";

const run = promisify(execFile);

/** Whether there is a curl here, or can be. */
export function requireCurl(): Promise<boolean> {
  return requireServer({ name: "curl", packages: ["curl"], commands: ["curl"] });
}

export interface CurlAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What curl gets that is given these arguments. */
export async function curl(...args: readonly string[]): Promise<CurlAnswer> {
  const { stdout } = await run("curl", ["--silent", "--show-error", "--include", "--max-time", "10", ...args]);
  const end = stdout.indexOf("\r\n\r\n");
  const [start = "", ...lines] = stdout.slice(0, end).split("\r\n");
  const headers = lines.map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  return { status: Number(start.split(" ")[1]), headers: Object.fromEntries(headers), body: stdout.slice(end + 4) };
}
