import { type Client, type Clock, type Closeable, ConfigError, type Selector, systemClock } from "@micro/core";
import { apiHandler } from "../api-handler.ts";
import { eventHandler, type Publish } from "../event-handler.ts";
import { afterBody, type Handler } from "../handler.ts";
import type { ServicePrefixes } from "../namespace.ts";
import { proxyHandler } from "../proxy/http-proxy.ts";
import { type ProxySettings, proxyDefaults } from "../proxy/settings.ts";
import { type MessageSettings, rpcHandler } from "../rpc-handler.ts";
import { answerStreamHandler } from "../streams/answer-stream.ts";
import { type StreamSettings, streamDefaults } from "../streams/settings.ts";
import { webSocketHandler } from "../streams/web-socket.ts";
import { type HandlerWord, handlerWords } from "./words.ts";

/** What handlers stand on; all stay their maker's. */
export interface HandlerParts {
  readonly client: Client;
  /** Finds the nodes that `http`, `proxy` and `web` pass requests on to. */
  readonly selector?: Selector;
  /** What `event` publishes with. */
  readonly publish?: Publish;
  readonly clock?: Clock;
}

export interface HandlerSettings {
  /** What the names of topics begin with, `go.micro.api`. */
  readonly prefixes: Pick<ServicePrefixes, "of">;
  readonly streams?: StreamSettings;
  readonly proxy?: ProxySettings;
  readonly messages?: MessageSettings;
}

/** Handlers by their words. Those whose parts are missing are absent. */
export interface Handlers extends Closeable {
  readonly byWord: Partial<Readonly<Record<HandlerWord, Handler>>>;
  /** The handler of that word. Throws a `ConfigError` that says what it lacks. */
  require(word: HandlerWord): Handler;
}

/** All handlers that the parts allow. */
export function createHandlers(parts: HandlerParts, settings: HandlerSettings): Handlers {
  const { client, selector, publish, clock = systemClock } = parts;
  const streams = { ...streamDefaults, ...settings.streams };
  const messages = settings.messages ?? {};
  const proxy = selector && proxyHandler(selector, { ...proxyDefaults, ...settings.proxy });
  const byWord: Partial<Record<HandlerWord, Handler>> = {
    rpc: messageOrStream({
      message: afterBody(rpcHandler(client, messages)),
      webSocket: webSocketHandler(client, streams, messages, clock),
      answer: answerStreamHandler(client, streams, messages, clock),
    }),
    api: afterBody(apiHandler(client, messages)),
    ...(publish && { event: afterBody(eventHandler(publish, settings.prefixes)) }),
    ...(proxy && { http: proxy.handle, proxy: proxy.handle, web: proxy.handle }),
  };
  return {
    byWord,
    require(word) {
      const handler = byWord[word];
      if (handler) return handler;
      throw new ConfigError(
        `handler ${word} needs a ${word === "event" ? "broker to publish to" : "registry to find nodes in"}; without it there are ${handlerWords.filter((each) => byWord[each]).join(", ")}`,
      );
    },
    close: async () => proxy?.close(),
    [Symbol.asyncDispose]: async () => proxy?.close(),
  };
}

/** `rpc`: by what the endpoint is and how it is asked. A WebSocket's handshake at an endpoint that does not stream is a plain GET. */
function messageOrStream(handlers: { message: Handler; webSocket: Handler; answer: Handler }): Handler {
  const { message, webSocket, answer } = handlers;
  return (request, route, options) => {
    if (!route.streams) return message(request, route, options);
    return (request.upgrade ? webSocket : answer)(request, route, options);
  };
}
