import type { DebugHealth, DebugStats } from "@micro/core";
import type { NodeAnswer, ServiceAnswers } from "../nodes.ts";
import type { ListedNode } from "../services.ts";
import { goDuration } from "./go-duration.ts";
import { metadataText } from "./metadata-text.ts";

/** Nodes as `micro list nodes` shows them: a header, then a line each, in columns parted by tabs. */
export function nodesText(nodes: readonly ListedNode[]): string {
  const rows = nodes.map(({ service, version, id, address, metadata }) => [
    service,
    version,
    id,
    address,
    metadataText(metadata),
  ]);
  return [["Service", "Version", "ID", "Address", "Metadata"], ...rows].map((row) => row.join("\t")).join("\n");
}

/** Changes how a status looks without changing its text, such as its colour. */
export type Paint = (status: string, healthy: boolean) => string;

const plain: Paint = (status) => status;

/** Health as `micro health` shows it, byte for byte, without the newline behind the text. A node that failed shows its error. */
export function healthText(answers: ServiceAnswers<DebugHealth>, paint: Paint = plain): string {
  return frame(answers, "status", (answer) => paint(healthStatus(answer), isHealthy(answer)));
}

/** What stands in the column `status`. */
export function healthStatus({ answer, error }: NodeAnswer<DebugHealth>): string {
  return answer?.status ?? error?.message ?? "";
}

/** Whether a node answered that it is well. */
export function isHealthy({ answer }: NodeAnswer<DebugHealth>): boolean {
  return answer?.status === "ok";
}

/**
 * Statistics as `micro stats` shows them, byte for byte, without the newline behind the text. Times are local. A node that
 * did not answer has empty cells, and 0 threads.
 */
export function statsText(answers: ServiceAnswers<DebugStats>): string {
  return frame(answers, "started\tuptime\tmemory\tthreads\tgc", ({ answer }) => {
    if (!answer) return "\t\t\t0\t";
    const { started, uptime, memory, threads, gc } = answer;
    return [startText(started), goDuration(uptime * 1_000_000_000n), memoryText(memory), threads, goDuration(gc)].join(
      "\t",
    );
  });
}

/** What both have around their own columns. */
function frame<T>(
  { service, versions }: ServiceAnswers<T>,
  columns: string,
  cells: (answer: NodeAnswer<T>) => string,
): string {
  const lines = [`service  ${service}`];
  for (const { version, nodes } of versions) {
    lines.push(`\nversion ${version}`, `\nnode\t\taddress:port\t\t${columns}`);
    for (const answer of nodes) lines.push(`${answer.node.id}\t\t${answer.node.address}\t\t${cells(answer)}`);
  }
  return lines.join("\n");
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `Jan 2 15:04:05`, local time. */
function startText(unixSeconds: bigint): string {
  const date = new Date(Number(unixSeconds) * 1000);
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map((each) => String(each).padStart(2, "0"));
  return `${months[date.getMonth()]} ${date.getDate()} ${clock.join(":")}`;
}

/** Bytes as `12.34mb`; what lies in the middle goes to the even digit, as C and Go print it. */
function memoryText(bytes: bigint): string {
  const mebibyte = 1_048_576n;
  const scaled = bytes * 100n;
  const whole = scaled / mebibyte;
  const twice = (scaled % mebibyte) * 2n;
  const up = twice > mebibyte || (twice === mebibyte && whole % 2n === 1n);
  const hundredths = up ? whole + 1n : whole;
  return `${hundredths / 100n}.${String(hundredths % 100n).padStart(2, "0")}mb`;
}
