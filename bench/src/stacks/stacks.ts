import type { Stack } from "./stack.ts";

/** The stacks by name; each loads its libraries only in the process that uses it. */
export const stacks: Readonly<Record<string, () => Promise<Stack>>> = {
  "grpc-js": async () => (await import("./grpc-js.ts")).grpcJsStack(),
  "grpc-js tls": async () => (await import("./grpc-js.ts")).grpcJsStack({ tls: true }),
  micro: async () => microOn("grpc"),
  "micro tls": async () => microOn("grpc", { tls: true }),
  "micro on grpc-js": async () => microOn("grpcJs"),
  "micro local": async () => (await import("./micro-local.ts")).microLocal,
  "micro gateway": async () => (await import("./micro-gateway.ts")).microGateway,
  fastify: async () => (await import("./fastify.ts")).bareFastify,
  moleculer: async () => (await import("./moleculer.ts")).moleculerTcp,
  "moleculer-web": async () => (await import("./moleculer-web.ts")).moleculerWeb,
  "moleculer local": async () => (await import("./moleculer.ts")).moleculerLocal,
};

async function microOn(engine: "grpc" | "grpcJs", options?: { tls: boolean }): Promise<Stack> {
  const [core, { microStack }] = await Promise.all([import("@micro/core"), import("./micro.ts")]);
  return microStack(core[engine], options);
}
