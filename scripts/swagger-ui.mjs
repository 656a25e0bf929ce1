// Puts what the gateway's page of documentation is made of into a folder: `node ../../scripts/swagger-ui.mjs assets` in packages/api.
import { copyFile, mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const files = ["swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png", "LICENSE", "NOTICE"];

/** Copies them there, with their licence. */
export async function copySwaggerUi(folder) {
  const api = new URL("../packages/api/package.json", import.meta.url);
  const from = dirname(createRequire(api).resolve("swagger-ui-dist/package.json"));
  await mkdir(folder, { recursive: true });
  await Promise.all(files.map((file) => copyFile(join(from, file), join(folder, file))));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await copySwaggerUi(resolve(process.argv[2] ?? "assets"));
