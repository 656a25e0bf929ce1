/** One line of a result; keys are column titles. */
export type Row = Readonly<Record<string, string | number>>;

/** Prints rows as a table for people or, with `json`, one JSON line each. */
export function printRows(title: string, rows: readonly Row[], json: boolean): void {
  if (json) {
    for (const row of rows) console.log(JSON.stringify({ bench: title, ...row }));
    return;
  }
  if (rows.length === 0) return;
  const columns = Object.keys(rows[0] ?? {});
  const text = (row: Row, column: string): string => String(row[column] ?? "");
  const widths = columns.map((column) => Math.max(column.length, ...rows.map((row) => text(row, column).length)));
  console.log(`\n${title}\n`);
  console.log(columns.map((column, index) => column.padEnd(widths[index] ?? 0)).join("  "));
  for (const row of rows)
    console.log(columns.map((column, index) => text(row, column).padEnd(widths[index] ?? 0)).join("  "));
}

/** What was wanted, and whether it was reached; nothing where nothing was wanted. */
export function goalOf(ratio: number, goal: number | undefined): string {
  if (goal === undefined) return "";
  return `≥ ${goal} ${ratio >= goal ? "reached" : "MISSED"}`;
}

/** The middle of the numbers. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}
