import { goProgramsBuilt } from "./go.ts";
import { type Race, type Runner, run } from "./race.ts";
import type { Row } from "./table.ts";

/** A stack that talks to itself. */
const alone = (name: string, goals?: Runner["goals"]): Runner => ({
  name,
  client: name,
  server: name,
  ...(goals && { goals }),
});

const races: Readonly<Record<string, Race>> = {
  unary: {
    endpoints: ["unary"],
    inFlight: [1, 32, 128],
    rounds: 7,
    roundMs: 700,
    runners: [alone("grpc-js"), alone("micro on grpc-js", [0.95, 0.95, 0.95]), alone("micro", [2.5, 12, 15])],
  },
  mixed: {
    endpoints: ["unary"],
    inFlight: [32, 128],
    runners: [
      alone("grpc-js"),
      { name: "micro → grpc-js", client: "micro", server: "grpc-js", goals: [3, 3] },
      { name: "grpc-js → micro", client: "grpc-js", server: "micro", goals: [1.5, 1.5] },
    ],
  },
  tls: {
    endpoints: ["unary"],
    inFlight: [32],
    runners: [alone("grpc-js tls"), alone("micro tls", [5])],
  },
  stream: {
    endpoints: ["stream"],
    inFlight: [1, 16],
    runners: [alone("grpc-js"), alone("micro", [5, 5])],
  },
  large: {
    endpoints: ["large"],
    inFlight: [1, 4],
    runners: [alone("grpc-js"), alone("micro", [1, 1])],
  },
  moleculer: {
    endpoints: ["unary"],
    inFlight: [1, 32, 128],
    runners: [alone("moleculer"), alone("micro", [undefined, 2, 2])],
  },
  gateway: {
    endpoints: ["get", "post"],
    inFlight: [32],
    roundMs: 300,
    runners: [
      alone("fastify"),
      { name: "moleculer-web", client: "moleculer-web", server: "moleculer-web", behind: "moleculer" },
      { name: "micro gateway", client: "micro gateway", server: "micro gateway", behind: "micro", goals: [0.6] },
    ],
    further: [{ of: "micro gateway", to: "moleculer-web", goals: [2] }],
  },
  local: {
    endpoints: ["unary"],
    inFlight: [1, 32],
    runners: [alone("moleculer local"), alone("micro local", [1, 1])],
  },
};

const goRace: Race = {
  endpoints: ["unary"],
  inFlight: [1, 32, 128],
  runners: [alone("go grpc"), alone("go micro"), alone("micro")],
};

/** The races by name, ready to run. */
export const raceBenches: Readonly<Record<string, () => Promise<Row[]>>> = {
  ...Object.fromEntries(Object.entries(races).map(([name, race]) => [name, () => run(race)])),
  go: async () => ((await goProgramsBuilt()) ? run(goRace) : []),
};
