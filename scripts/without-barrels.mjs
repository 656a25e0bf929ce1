// A package's index names everything that the package has, so whoever imports one name from it reaches all of it. A bundler
// that splits files by what reaches them then puts everything into the part that is loaded first. This sends each import of a
// package of ours to the file that the name comes from.
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, resolve } from "node:path";

const statement = /\b(import|export)\s*\{([^}]*)\}\s*from\s*["'](@micro\/[\w-]+)["'];?/g;

/** A source whose imports of `@micro/…` name the files behind the index. `path` is where the source stands. */
export function withoutBarrels(source, path) {
  return source.replace(statement, (whole, keyword, list, name) => {
    const origins = originsOf(name, path);
    if (!origins) return whole;
    const lines = namesIn(list).map(({ name: imported, local }) => {
      const origin = origins.get(imported);
      if (!origin) throw new Error(`${path} imports ${imported} from ${name}, whose index does not have it`);
      return `${keyword} { ${origin.name} as ${local} } from ${JSON.stringify(origin.file)};`;
    });
    // On one line, so that the source map still fits.
    return lines.join(" ") + "\n".repeat(whole.split("\n").length - 1);
  });
}

const known = new Map();

/** Where each value of a package's compiled index comes from; undefined when the index has code of its own. */
function originsOf(name, path) {
  const index = createRequire(path).resolve(name);
  if (known.has(index)) return known.get(index);
  const source = existsSync(index) ? readFileSync(index, "utf8") : "";
  const origins = new Map();
  const rest = source.replace(/export \{([^}]*)\} from "(\.[^"]+)";/g, (_, list, from) => {
    for (const { name: original, local } of namesIn(list))
      origins.set(local, { name: original, file: resolve(dirname(index), from) });
    return "";
  });
  const pure = rest.replace(/^\s*\/\/.*$/gm, "").trim() === "";
  known.set(index, pure ? origins : undefined);
  return known.get(index);
}

/** The names of `a, type B, c as d`, but for types. */
function namesIn(list) {
  return list
    .split(",")
    .map((each) => each.trim())
    .filter((each) => each !== "" && !each.startsWith("type "))
    .map((each) => {
      const [name, local = name] = each.split(/\s+as\s+/);
      return { name, local };
    });
}
