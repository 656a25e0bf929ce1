import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, type RequiredServer, startProcess, waitForPort } from "@micro/testbed";

export const nginxServer: RequiredServer = { name: "nginx", packages: ["nginx"], commands: ["nginx"] };

/** A proxy in front of one server. */
export interface Nginx extends AsyncDisposable {
  readonly port: number;
  readonly address: string;
}

/** Starts nginx as a gRPC proxy of `upstream`, as its manual has it. Needs `requireServer(nginxServer)` first. */
export async function startNginx(upstream: string): Promise<Nginx> {
  const folder = await mkdtemp(join(tmpdir(), "micro-nginx-"));
  const port = await freePort();
  const file = join(folder, "nginx.conf");
  await writeFile(file, configuration(folder, port, upstream));
  const child = await startProcess("nginx", ["-c", file, "-p", folder, "-e", join(folder, "error.log")], {
    name: "nginx",
    env: { PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
  });
  await waitForPort(port);
  return {
    port,
    address: `127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      await child.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function configuration(folder: string, port: number, upstream: string): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  return `
daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
${process.getuid?.() === 0 ? "user root;" : ""}
events { worker_connections 256; }
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join("\n  ")}
  client_max_body_size 0;
  upstream service { server ${upstream}; keepalive 8; }
  server {
    listen 127.0.0.1:${port} http2;
    location / { grpc_pass grpc://service; }
  }
}
`;
}
