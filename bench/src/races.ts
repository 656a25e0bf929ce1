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
    endpoint: "unary",
    inFlight: [1, 32, 128],
    rounds: 7,
    roundMs: 700,
    runners: [alone("grpc-js"), alone("micro on grpc-js", [0.95, 0.95, 0.95]), alone("micro", [2.5, 12, 15])],
  },
  mixed: {
    endpoint: "unary",
    inFlight: [32, 128],
    runners: [
      alone("grpc-js"),
      { name: "micro → grpc-js", client: "micro", server: "grpc-js", goals: [3, 3] },
      { name: "grpc-js → micro", client: "grpc-js", server: "micro", goals: [1.5, 1.5] },
    ],
  },
  tls: {
    endpoint: "unary",
    inFlight: [32],
    runners: [alone("grpc-js tls"), alone("micro tls", [5])],
  },
  stream: {
    endpoint: "stream",
    inFlight: [1, 16],
    runners: [alone("grpc-js"), alone("micro", [5, 5])],
  },
  large: {
    endpoint: "large",
    inFlight: [1, 4],
    runners: [alone("grpc-js"), alone("micro", [1, 1])],
  },
  moleculer: {
    endpoint: "unary",
    inFlight: [1, 32, 128],
    runners: [alone("moleculer"), alone("micro", [undefined, 2, 2])],
  },
  local: {
    endpoint: "unary",
    inFlight: [1, 32],
    runners: [alone("moleculer local"), alone("micro local", [1, 1])],
  },
};

const goRace: Race = {
  endpoint: "unary",
  inFlight: [1, 32, 128],
  runners: [alone("go grpc"), alone("go micro"), alone("micro")],
};

/** The races by name, ready to run. */
export const raceBenches: Readonly<Record<string, () => Promise<Row[]>>> = {
  ...Object.fromEntries(Object.entries(races).map(([name, race]) => [name, () => run(race)])),
  go: async () => ((await goProgramsBuilt()) ? run(goRace) : []),
};
