import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { notFound } from "@micro/core";
import { gatewayId, type HttpAnswer } from "@micro/gateway";
import type { Extension } from "../extension.ts";
import { assetsFolder } from "./assets-folder.ts";
import { openApiDocument } from "./document.ts";

export { openApiDocument } from "./document.ts";

/**
 * `/openapi.json`, an OpenAPI 3.1 document of the services there are at the moment, and `/docs/`, where people read it and try
 * it out: Swagger UI from this machine, with nothing loaded from elsewhere.
 */
export function openApi(): Extension {
  return (gateway) => {
    const files = new Map<string, Promise<HttpAnswer>>();

    function fileAt(name: string, type: string): Promise<HttpAnswer> {
      const known = files.get(name) ?? readAsset(name, type);
      files.set(name, known);
      // One that cannot be read is looked for again.
      known.catch(() => files.delete(name));
      return known;
    }

    return {
      fixedPaths: [
        { path: "/openapi.json", answer: () => text("application/json", JSON.stringify(openApiDocument(gateway))) },
        { path: "/docs", answer: () => ({ status: 308, headers: [["location", "docs/"]], body: "" }) },
        {
          path: "/docs/",
          answer({ path }) {
            const name = path.slice("/docs/".length);
            if (name === "") return text("text/html; charset=utf-8", page);
            if (name === "start.js") return text("text/javascript; charset=utf-8", script);
            const type = assets[name];
            if (type === undefined) throw notFound(gatewayId, `nothing is served at ${path}`);
            return fileAt(name, type);
          },
        },
      ],
    };
  };
}

const assets: Readonly<Record<string, string>> = {
  "swagger-ui.css": "text/css; charset=utf-8",
  "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
  "favicon-32x32.png": "image/png",
};

async function readAsset(name: string, type: string): Promise<HttpAnswer> {
  const body = await readFile(join(assetsFolder(), name));
  const headers = [
    ["content-type", type],
    ["cache-control", "public, max-age=3600"],
  ] as const;
  return { status: 200, headers, body };
}

function text(type: string, body: string): HttpAnswer {
  const headers = [
    ["content-type", type],
    ["cache-control", "no-cache"],
  ] as const;
  return { status: 200, headers, body };
}

const page = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>API</title>
<link rel="stylesheet" href="swagger-ui.css"><link rel="icon" href="favicon-32x32.png"></head>
<body><div id="ui"></div><script src="swagger-ui-bundle.js"></script><script src="start.js"></script></body></html>`;

// Without a validator: the usual one asks somebody else's server about the document.
const script = `SwaggerUIBundle({ url: "../openapi.json", dom_id: "#ui", validatorUrl: null, deepLinking: true });`;
