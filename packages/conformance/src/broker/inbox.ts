import { randomUUID } from "node:crypto";
import type { Broker, BrokerEvent, BrokerMessage, SubscribeOptions, Subscription } from "@micro/core";
import { within } from "../patience.ts";
import type { BrokerHarness } from "./harness.ts";

/** A topic that no other case uses. */
export function freshTopic(): string {
  return `conformance.${randomUUID().slice(0, 8)}`;
}

/** A message whose body is this text. */
export function textMessage(text: string): BrokerMessage {
  return { headers: { "content-type": "text/plain" }, body: new TextEncoder().encode(text) };
}

/** The body of an event as text. */
export function textOf({ message: { body } }: BrokerEvent): string {
  return new TextDecoder().decode(body);
}

/** A subscription that keeps what it gets. */
export interface Inbox {
  readonly subscription: Subscription;
  readonly events: readonly BrokerEvent[];
  readonly texts: readonly string[];
  /** The headers as they came. */
  readonly headers: readonly Readonly<Record<string, string>>[];
  /** Resolves when so many messages have come; else rejects with those that have. */
  until(count: number): Promise<void>;
}

/** Subscribes; `handle` runs for each message once it is kept. */
export async function inbox(
  broker: Broker,
  harness: BrokerHarness,
  topic: string,
  options: SubscribeOptions = {},
  handle: (event: BrokerEvent) => void | Promise<void> = () => undefined,
): Promise<Inbox> {
  const events: BrokerEvent[] = [];
  const texts: string[] = [];
  const headers: Readonly<Record<string, string>>[] = [];
  const wakes = new Set<() => void>();
  const subscription = await broker.subscribe(
    topic,
    async (event) => {
      events.push(event);
      texts.push(textOf(event));
      headers.push({ ...event.message.headers });
      for (const wake of wakes) wake();
      await handle(event);
    },
    options,
  );
  return {
    subscription,
    events,
    texts,
    headers,
    until(count) {
      return within(
        harness,
        () => `${count} messages; so far ${texts.length}: ${texts.slice(-20).join(", ")}`,
        async () => {
          while (events.length < count)
            await new Promise<void>((resolve) => {
              const wake = (): void => {
                wakes.delete(wake);
                resolve();
              };
              wakes.add(wake);
            });
        },
      );
    },
  };
}

/** Resolves when publishers know of all subscriptions. */
export async function settle(harness: BrokerHarness): Promise<void> {
  await harness.settle?.();
}

/** A gate that handlers wait at. */
export interface Gate {
  readonly passed: Promise<void>;
  open(): void;
}

export function gate(): Gate {
  let open: () => void = () => undefined;
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open };
}
