// Builds and starts the user sample on mDNS: user-srv, user-api and the gateway. Ctrl-C stops all three.
import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const url = "http://localhost:8080/user/say/hello?name=huohuo";
const programs = [
  ["services/user-srv/dist/main.js"],
  ["services/user-api/dist/main.js"],
  ["packages/micro/bin/micro.js", "api", "--handler=api"],
];

const { packageManager } = JSON.parse(readFileSync(`${root}/package.json`, "utf8"));
const filters = ["user-srv", "user-api", "micro"].map((name) => `--filter=${name}`);
// turbo looks for pnpm in PATH, where only pnpm itself puts it.
const turbo = ["--yes", packageManager, "exec", "turbo", "run", "build", "--output-logs=errors-only", ...filters];
const env = { ...process.env, TURBO_TELEMETRY_DISABLED: "1" };
const build = spawnSync("npx", turbo, { cwd: root, stdio: "inherit", env });
if (build.status !== 0) process.exit(build.status ?? 1);

const children = programs.map(([file, ...args]) =>
  spawn(process.execPath, [`${root}/${file}`, ...args], { stdio: "inherit" }),
);
let stopping = false;
for (const child of children) child.on("exit", (code) => stop(code ?? 1));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => stop(0));

const deadline = Date.now() + 60_000;
while (!stopping) {
  const answer = await fetch(url).then(
    (response) => response.ok && response.text(),
    () => undefined,
  );
  if (answer) {
    console.log(`\nReady. Try\n\n    curl "${url}"\n\n${answer}\n`);
    break;
  }
  if (Date.now() > deadline) {
    console.error(`${url} did not answer within 60 s; the lines above say why`);
    stop(1);
  }
  await new Promise((resolve) => setTimeout(resolve, 100));
}

/** Asks every child to stop, and ends when the last one has. */
function stop(code) {
  if (stopping) return;
  stopping = true;
  process.exitCode = code;
  for (const child of children) if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
}
