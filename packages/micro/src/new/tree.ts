/** Paths as a tree that people read, folders after the files beside them: a line each, the last without its end. */
export function tree(paths: readonly string[]): string {
  const root: Branch = new Map();
  for (const path of paths) {
    let at = root;
    for (const part of path.split("/")) {
      const below = at.get(part) ?? new Map();
      at.set(part, below);
      at = below;
    }
  }
  return [".", ...linesOf(root, "")].join("\n");
}

type Branch = Map<string, Branch>;

function linesOf(branch: Branch, indent: string): string[] {
  const entries = [...branch].sort(
    ([a, below], [b, other]) => Number(below.size > 0) - Number(other.size > 0) || (a < b ? -1 : 1),
  );
  return entries.flatMap(([name, below], at) => {
    const last = at === entries.length - 1;
    return [`${indent}${last ? "└──" : "├──"} ${name}`, ...linesOf(below, `${indent}${last ? "    " : "│   "}`)];
  });
}
