import type { Command } from "./command.ts";

/** Everything that `micro` can do. */
export const commands: readonly Command[] = [
  {
    name: "api",
    summary: "run the API gateway: HTTP requests in, calls of services out",
    globalFlags: [
      {
        name: "api_address",
        type: "string",
        help: "--address of micro api",
        placeholder: "HOST:PORT",
        group: "Commands' own",
      },
      {
        name: "api_handler",
        type: "string",
        help: "--handler of micro api",
        placeholder: "NAME",
        group: "Commands' own",
      },
      {
        name: "api_namespace",
        type: "string",
        help: "--namespace of micro api",
        placeholder: "NAME",
        group: "Commands' own",
      },
    ],
    load: async () => (await import("./api/run-api.ts")).runApi,
  },
];
