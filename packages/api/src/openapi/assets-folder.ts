import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

/** Where the files of Swagger UI are: in this package or beside the bundle as published, in node_modules while developing. */
export function assetsFolder(): string {
  for (const place of ["../../assets/", "./swagger-ui/"]) {
    const folder = fileURLToPath(new URL(place, import.meta.url));
    if (existsSync(`${folder}swagger-ui-bundle.js`)) return folder;
  }
  return dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
}
