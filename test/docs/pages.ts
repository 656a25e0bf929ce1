import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The documentation's folder. */
export const docs: string = fileURLToPath(new URL("../../docs/", import.meta.url));

/** A page that has a program: its first `ts` block, and what the program writes, the `text` block behind it. */
export interface Page {
  /** The file's name without its ending. */
  readonly name: string;
  readonly program: string;
  readonly output: string;
}

/** All pages but the index, by name. Throws when one has no program, or no output behind it. */
export function readPages(): Page[] {
  const names = readdirSync(docs).filter((file) => file.endsWith(".md") && file !== "README.md");
  return names.sort().map((file) => pageOf(file, readFileSync(join(docs, file), "utf8")));
}

function pageOf(file: string, markdown: string): Page {
  const [, program, output] = /^```ts\n(.*?)^```\n\n^```text\n(.*?)^```$/ms.exec(markdown) ?? [];
  if (program === undefined || output === undefined)
    throw new Error(`${file} has no program: expected a ts block and, right behind it, a text block with its output`);
  return { name: file.slice(0, -".md".length), program, output };
}

/** The rows of a page's tables that begin with `--flag`, as flag, environment variable and what stands next: the default, or why it has no effect. */
export function flagRows(page: string): string[][] {
  const markdown = readFileSync(join(docs, `${page}.md`), "utf8");
  return [...markdown.matchAll(/^\| `--(\w+)` \| `(\w+)` \| ([^|]*)\|/gm)].map(
    ([, name = "", env = "", value = ""]) => [name, env, value.replaceAll("`", "").trim()],
  );
}
