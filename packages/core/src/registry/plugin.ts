import type { Plugin } from "../words/plugin.ts";
import type { Registry } from "./registry.ts";

/** Answers to `--registry=<name>`. */
export type RegistryPlugin = Plugin<"registry", Registry>;
