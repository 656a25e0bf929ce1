// Makes the package in the current folder one file that runs with Node alone: `node ../../scripts/bundle.mjs [--outdir bundle] [src/main.ts]`
// writes main.mjs, its source map, and the licences of what went into it. The package brings esbuild. With `--splitting` what is
// imported when it is needed gets files of its own, so that starting loads only the rest.
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, extname, join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { copySwaggerUi } from "./swagger-ui.mjs";
import { withoutBarrels } from "./without-barrels.mjs";

const { values, positionals } = parseArgs({
  options: {
    outdir: { type: "string", default: "bundle" },
    splitting: { type: "boolean", default: false },
  },
  allowPositionals: true,
});
const entry = positionals[0] ?? "src/main.ts";
const outdir = resolve(values.outdir);
const esbuild = createRequire(resolve("package.json"))("esbuild");
// Files that may read others beside themselves, which are not there in a bundle, and that nobody has seen to.
const suspects = new Set();
// Those where what they look for belongs to something that no program here does.
const neverInBundles = [
  /@grpc[\\/]grpc-js[\\/]build[\\/]src[\\/](channelz|orca)\.js$/, // services that nobody offers
  /(pino[\\/]lib[\\/]transport|thread-stream[\\/]index)\.js$/, // log transports in worker threads
  /undici[\\/]index\.js$/, // its own name, for stack traces
  /packages[\\/]micro[\\/]src[\\/]templates-folder\.ts$/, // the templates of `micro new`, which stand beside the bundle where they are wanted
  /packages[\\/]api[\\/](src|dist)[\\/]openapi[\\/]assets-folder\.[jt]s$/, // Swagger UI, which is copied beside the bundle
];

// Dependencies in CommonJS call `require` for Node's own modules.
const banner =
  'import { createRequire as __createRequire } from "node:module";\nconst require = __createRequire(import.meta.url);';

await rm(outdir, { recursive: true, force: true });
const { metafile } = await esbuild.build({
  entryPoints: { main: entry },
  outdir,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  splitting: values.splitting,
  // What starts often should be read fast; names stay for whoever reads a stack trace.
  minifyWhitespace: values.splitting,
  minifySyntax: values.splitting,
  chunkNames: "[name]-[hash]",
  platform: "node",
  target: "node20",
  format: "esm",
  banner: { js: banner },
  sourcemap: true,
  sourcesContent: false,
  legalComments: "none", // they stand in LICENSES.txt
  metafile: true,
  logLevel: "warning",
  plugins: [{ name: "sources", setup: (build) => build.onLoad({ filter: /\.[cm]?[jt]s$/ }, load) }],
});

await Promise.all(
  Object.keys(metafile.outputs)
    .filter((file) => file.endsWith(".mjs"))
    .map(withoutBanner),
);
const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs));
const included = inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([path]) => resolve(path));
const unhandled = included.filter((path) => suspects.has(path));
if (unhandled.length > 0) {
  await rm(outdir, { recursive: true });
  console.error(
    `These may read files beside themselves; see to each of them in scripts/bundle.mjs:\n${unhandled.join("\n")}`,
  );
  process.exit(1);
}
if (included.some((path) => /[\\/]assets-folder\.[jt]s$/.test(path))) await copySwaggerUi(join(outdir, "swagger-ui"));
await writeFile(join(outdir, "LICENSES.txt"), await licences(included));
const bytes = Object.values(metafile.outputs).reduce((sum, output) => sum + output.bytes, 0);
console.log(`${relative(process.cwd(), outdir)}: ${(bytes / 1e6).toFixed(1)} MB, source map included`);

/** Reads a source file, changed where a bundle needs it. */
async function load({ path }) {
  let contents = await readFile(path, "utf8");
  if (/[\\/]node_modules[\\/]/.test(path)) {
    if (/[\\/]etcd3[\\/]lib[\\/]connection-pool\.js$/.test(path)) contents = withProtos(contents, path);
    contents = withoutMap(contents);
  } else {
    contents = await withNeighbours(contents, path);
    if (values.splitting) contents = withoutBarrels(contents, path);
  }
  if (looksForNeighbours(contents) && !neverInBundles.some((pattern) => pattern.test(path))) suspects.add(path);
  return { contents, loader: extname(path).endsWith("ts") ? "ts" : "js" };
}

/** etcd3 reads its .proto files from its own folder as it is loaded; in the bundle they stand parsed. */
function withProtos(source, path) {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of that file
  const call = "loadSync)(`${__dirname}/../proto/rpc.proto`,";
  if (!source.includes(call))
    throw new Error(`${path} loads its .proto files in another way than scripts/bundle.mjs knows: ${call}`);
  const protobuf = createRequire(createRequire(path).resolve("@grpc/proto-loader"))("protobufjs");
  const root = new protobuf.Root().loadSync(join(dirname(path), "../proto/rpc.proto"), { keepCase: true });
  return source.replace(call, () => `fromJSON)(${JSON.stringify(root.resolveAll().toJSON())},`);
}

/** Takes the banner out of a file that has no use for it. The lines stay, so that the source map fits. */
async function withoutBanner(file) {
  const [head, rest = ""] = (await readFile(file, "utf8")).split(banner);
  if (!/\brequire\b/.test(rest)) await writeFile(file, `${head}\n${rest}`);
}

/** Positions in dependencies would make the map, which the logger reads at its first line, three times as large. */
function withoutMap(source) {
  const nothing = Buffer.from('{"version":3,"sources":[""],"mappings":"AAAA"}').toString("base64");
  const bare = source.replace(/^\/\/# sourceMappingURL=.*$/gm, "");
  return `${bare}\n//# sourceMappingURL=data:application/json;base64,${nothing}`;
}

/** Our own files may read a text beside themselves in one form, for which the bundle has the text. */
async function withNeighbours(source, path) {
  const form = /readFileSync\(new URL\("([^"]+)", import\.meta\.url\), "utf8"\)/;
  const name = form.exec(source)?.[1];
  if (name === undefined) return source;
  const text = JSON.stringify(await readFile(resolve(dirname(path), name), "utf8"));
  return withNeighbours(
    source.replace(form, () => text),
    path,
  );
}

function looksForNeighbours(source) {
  return /\b__(dirname|filename)\b|\bimport\.meta\.(url|dirname|filename|resolve)\b/.test(source);
}

/** The licence of each package that went in, by name. */
async function licences(files) {
  const texts = new Map();
  for (const folder of new Set(files.map(packageFolder))) {
    if (folder === undefined) continue;
    const { name, version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    const file = (await readdir(folder)).find((each) => /^licen[cs]e/i.test(each));
    texts.set(`${name} ${version} (${license})`, file ? await readFile(join(folder, file), "utf8") : "");
  }
  const parts = [...texts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([title, text]) => `${title}\n\n${text.trim()}\n`);
  return parts.join(`\n${"-".repeat(80)}\n\n`);
}

function packageFolder(file) {
  return /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(file)?.[0];
}
