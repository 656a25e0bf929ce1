import { fileURLToPath } from "node:url";

/** Where the templates of `micro new` stand: beside the compiled files, and beside the bundle. */
export const templatesFolder: string = fileURLToPath(new URL("../templates/", import.meta.url));
