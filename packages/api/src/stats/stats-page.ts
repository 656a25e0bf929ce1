import type { StatusWindow } from "./status-windows.ts";

/** What the page shows. */
export interface StatsReport {
  readonly started: number;
  readonly memory: string;
  readonly threads: number;
  readonly gc_pause: string;
  readonly event_loop_delay: string;
  readonly counters: readonly StatusWindow[];
}

/** The figures as a page that loads itself again every 5 seconds; nothing in it comes from a request. */
export function statsPage({ started, memory, threads, event_loop_delay, counters }: StatsReport): string {
  const classes = ["20x", "30x", "40x", "50x"];
  const sums = classes.map((name) => counters.reduce((sum, { status_codes }) => sum + (status_codes[name] ?? 0), 0));
  const total = counters.reduce((sum, { total_reqs }) => sum + total_reqs, 0);
  const rows: [string, string | number][] = [
    ["Started", new Date(started * 1_000).toISOString()],
    ["Memory", memory],
    ["Handles", threads],
    ["Event loop delay", event_loop_delay],
    ["Requests in the last two minutes", total],
    ...classes.map((name, at): [string, number] => [name, sums[at] ?? 0]),
  ];
  const table = rows.map(([name, value]) => `<tr><th>${name}</th><td>${value}</td></tr>`).join("");
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="5"><title>Stats</title>
<style>body{font:16px sans-serif;margin:2em}th{text-align:left;padding-right:2em;font-weight:normal}svg{margin-top:2em;border:1px solid #ccc}</style>
</head><body><h1>Stats</h1><table>${table}</table>${chart(counters)}</body></html>`;
}

const width = 600;
const height = 160;

/** Requests a window, as a line. */
function chart(counters: readonly StatusWindow[]): string {
  const most = Math.max(1, ...counters.map(({ total_reqs }) => total_reqs));
  const step = width / Math.max(1, counters.length - 1);
  const points = counters
    .map(({ total_reqs }, at) => `${Math.round(at * step)},${Math.round(height - (total_reqs / most) * height)}`)
    .join(" ");
  return `<svg width="${width}" height="${height}" role="img" aria-label="requests in each 5 seconds, ${most} at most"><polyline points="${points}" fill="none" stroke="#06c" stroke-width="2"/></svg>`;
}
