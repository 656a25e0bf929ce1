import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Metadata } from "@micro/core";
import { cleanPath, type GatewayRequest, type Route, splitTarget, type Upgrade } from "@micro/gateway";
import type { BodyReader } from "./body-reader.ts";
import { peerSignal } from "./peer-signal.ts";

/** What is the same for all requests of one gateway. */
export interface Reception {
  readonly readBody: BodyReader;
  readonly closing: AbortSignal;
  /** Whether what a peer of this address says about its own callers is believed. */
  isProxy(address: string): boolean;
}

/** A request as Node gives it, in the form in which stages and handlers see it. Throws 400 for a path that cannot be decoded. */
export class ArrivedRequest implements GatewayRequest {
  readonly method: string;
  readonly url: string;
  readonly path: string;
  readonly query: string;
  readonly remoteAddress: string;
  readonly raw: IncomingMessage;
  readonly upgrade: Upgrade | undefined;
  body: Uint8Array = empty;
  fromProxy: boolean;
  trusted: Metadata | undefined = undefined;
  route: Route | undefined = undefined;
  readonly #response: ServerResponse;
  readonly #reception: Reception;
  #id: string | undefined;

  constructor(raw: IncomingMessage, response: ServerResponse, upgrade: Upgrade | undefined, reception: Reception) {
    const url = raw.url ?? "/";
    const { path, query } = splitTarget(url);
    this.method = raw.method ?? "GET";
    this.url = url;
    this.path = cleanPath(path);
    this.query = query;
    this.remoteAddress = raw.socket.remoteAddress ?? "";
    this.raw = raw;
    this.upgrade = upgrade;
    this.fromProxy = reception.isProxy(this.remoteAddress);
    this.#response = response;
    this.#reception = reception;
  }

  get headers(): GatewayRequest["headers"] {
    return this.raw.headers;
  }

  get rawHeaders(): readonly string[] {
    return this.raw.rawHeaders;
  }

  get scheme(): "http" | "https" {
    return "encrypted" in this.raw.socket ? "https" : "http";
  }

  get id(): string {
    this.#id ??= givenId(this.raw) ?? randomUUID();
    return this.#id;
  }

  get signal(): AbortSignal {
    return peerSignal(this.raw.socket);
  }

  get closing(): AbortSignal {
    return this.#reception.closing;
  }

  readBody(): void | Promise<void> {
    const body = this.#reception.readBody(this.raw, this.#response);
    if (!(body instanceof Promise)) {
      this.body = body;
      return;
    }
    return body.then((bytes) => {
      this.body = bytes;
    });
  }
}

const empty: Uint8Array = new Uint8Array(0);

/** What the caller calls its request, when that is short and harmless enough to stand in logs and headers. */
function givenId({ headers }: IncomingMessage): string | undefined {
  const given = headers["x-request-id"];
  return typeof given === "string" && /^[\w.:~+/=@-]{1,128}$/.test(given) ? given : undefined;
}
