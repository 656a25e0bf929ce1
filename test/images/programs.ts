import { fileURLToPath } from "node:url";

/** The root of the repository. */
export const root: string = fileURLToPath(new URL("../../", import.meta.url));

/** A program that is shipped alone. */
export interface Program {
  /** Its package. */
  readonly name: string;
  /** Where its package stands. */
  readonly folder: string;
  readonly dockerfile: string;
  readonly image: string;
}

function service(name: string): Program {
  const folder = `services/${name}`;
  return { name, folder, dockerfile: `${folder}/Dockerfile`, image: `localhost/micro/${name}:test` };
}

export const userSrv: Program = service("user-srv");
export const userApi: Program = service("user-api");
export const userClient: Program = service("user-client");
/** The gateway. */
export const micro: Program = {
  name: "micro",
  folder: "packages/micro",
  dockerfile: "docker/gateway.Dockerfile",
  image: "localhost/micro/gateway:test",
};

export const programs: readonly Program[] = [userSrv, userApi, userClient, micro];

/** The path whose answer goes through gateway, user-api and user-srv. */
export const samplePath = "/user/say/hello?name=huohuo";

/** That answer, byte for byte. */
export const sampleAnswer = '{"id":"123","password":"dslhgfoif40u9b9","username":"huohuo"}';

/** This process's environment without the `MICRO_*` variables, which would decide in place of a test's flags. */
export function clearedEnv(): Record<string, undefined> {
  const names = Object.keys(process.env).filter((name) => name.startsWith("MICRO_"));
  return Object.fromEntries(names.map((name) => [name, undefined]));
}
