export { formatPosition, type Position, ProtoError } from "./diagnostics.ts";
export type { ImportExtension } from "./emit/module.ts";
export { type Generated, type GeneratedFile, type GenerateOptions, generate } from "./generate.ts";
export { runPlugin } from "./plugin.ts";
export { type Compiled, type CompileOptions, compileProto, UsageError } from "./proto/compile.ts";
export { differing, writeFiles } from "./write.ts";
