import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { notFound } from "@micro/core";
import { type GatewayRequest, gatewayId, type HttpAnswer, withHeaders } from "@micro/gateway";
import type { Extension, GatewayView } from "../extension.ts";
import { assetsFolder } from "./assets-folder.ts";
import { openApiDocument } from "./document.ts";

export { openApiDocument } from "./document.ts";

/**
 * `/openapi.json`, an OpenAPI 3.1 document of the services there are at the moment, and `/docs/`, where people read it and try
 * it out: Swagger UI from this machine, with nothing loaded from elsewhere. The page may call this origin and no other, and nobody may put
 * it into a frame, where a reader could be led to press its buttons.
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
        {
          path: "/openapi.json",
          answer: (request) => text("application/json", JSON.stringify(openApiDocument(seenBy(request, gateway)))),
        },
        { path: "/docs", answer: () => ({ status: 308, headers: [["location", "docs/"]], body: "" }) },
        {
          path: "/docs/",
          answer({ path }) {
            const name = path.slice("/docs/".length);
            if (name === "") return withHeaders(text("text/html; charset=utf-8", page), ...pageHeaders);
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

/** What the gateway is to the host that was asked. */
function seenBy(request: GatewayRequest, gateway: GatewayView): GatewayView {
  const prefix = gateway.prefixOf(request);
  return { ...gateway, prefix, declaredRoutes: () => gateway.declaredRoutes(request) };
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
    ["x-content-type-options", "nosniff"],
  ] as const;
  return { status: 200, headers, body };
}

function text(type: string, body: string): HttpAnswer {
  const headers = [
    ["content-type", type],
    ["cache-control", "no-cache"],
    ["x-content-type-options", "nosniff"],
  ] as const;
  return { status: 200, headers, body };
}

const pageHeaders = [
  [
    "content-security-policy",
    [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self' data:",
      "connect-src 'self'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join("; "),
  ],
  ["referrer-policy", "no-referrer"],
] as const;

const page = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>API</title>
<link rel="stylesheet" href="swagger-ui.css"><link rel="icon" href="favicon-32x32.png"></head>
<body><div id="ui"></div><script src="swagger-ui-bundle.js"></script><script src="start.js"></script></body></html>`;

// Without a validator: the usual one asks somebody else's server about the document.
const script = `SwaggerUIBundle({ url: "../openapi.json", dom_id: "#ui", validatorUrl: null, deepLinking: true });`;
