// Imports inside core point one way only (ARCHITECTURE.md, "Layers"), and each heavy library is seen in one place.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");

// Lowest first; a folder imports from itself and from those in earlier rows. Folders of one row never see each other.
const layers = [
  ["words"],
  ["codec", "registry", "protocol", "transport"],
  ["selector", "broker"],
  ["grpc", "mucp"],
  ["local"],
  ["client", "server"],
  ["service"],
];

// Where a library may be imported, by the beginning of the path.
const homes = {
  "@grpc/grpc-js": ["packages/core/src/grpc/", "packages/registry-etcd/", "bench/", "test/"],
  "@grpc/proto-loader": ["packages/core/src/grpc/", "bench/", "test/"],
  etcd3: ["packages/registry-etcd/"],
  fastify: ["bench/"],
  ws: ["packages/gateway/", "packages/api/", "test/"],
  undici: ["packages/gateway/", "packages/api/", "test/", "bench/"],
  jose: ["packages/api/"],
  "prom-client": ["packages/api/"],
  "acme-client": ["packages/api/"],
  pino: ["packages/core/src/words/pino-logger"],
};

const problems = [];
for (const file of sources(root)) {
  const path = relative(root, file).split(sep).join("/");
  for (const imported of importsOf(readFileSync(file, "utf8"))) {
    if (path.startsWith("packages/core/src/")) checkLayer(path, imported);
    checkHome(path, imported);
  }
}
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;

function checkLayer(path, imported) {
  const from = layerOf(path);
  if (!imported.startsWith(".") || from === undefined || /\.test\.ts$/.test(path)) return;
  const target = relative(root, resolve(root, dirname(path), imported))
    .split(sep)
    .join("/");
  const to = layerOf(target);
  const folder = (each) => each.split("/")[3];
  if (
    to === undefined ||
    to > from ||
    (to === from && folder(path) !== folder(target) && !siblingsAllowed(path, target))
  ) {
    problems.push(`${path} imports ${target}: imports in core point to the same folder or a lower layer`);
  }
}

// The parts' interfaces may be named by other parts; their implementations may not.
function siblingsAllowed(_path, target) {
  return /\/(codec|registry|protocol|transport)\/(codec|registry|protocol|transport)\.ts$/.test(target);
}

function layerOf(path) {
  const folder = /^packages\/core\/src\/([^/]+)\//.exec(path)?.[1];
  const index = layers.findIndex((row) => row.includes(folder));
  return index < 0 ? undefined : index;
}

function checkHome(path, imported) {
  const home = Object.entries(homes).find(([name]) => imported === name || imported.startsWith(`${name}/`))?.[1];
  if (home && !/\.test\.ts$/.test(path) && !home.some((prefix) => path.startsWith(prefix))) {
    problems.push(`${path} imports ${imported}, which belongs into ${home.join(", ")}`);
  }
}

function importsOf(text) {
  return [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*["']([^"']+)["']/g)].map(([, name]) => name);
}

function* sources(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (/^(node_modules|bundle|dist|gen|coverage)$|^\./.test(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* sources(path);
    else if (/\.(ts|mjs)$/.test(entry.name)) yield path;
  }
}
