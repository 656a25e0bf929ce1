import { Buffer } from "node:buffer";
import type { Broker, SubscribeOptions, Subscription } from "@micro/core";
import type { RunningProcess } from "@micro/testbed";
import { expect } from "vitest";
import { eventually } from "./eventually.ts";
import { uniqueName } from "./fleet.ts";

/** What is published; the body is text unless it is bytes. */
export interface Publication {
  headers?: Record<string, string>;
  body?: string | Uint8Array;
}

/** Publishes to one topic, the way a program in one of the languages does. */
export type Publish = (message: Publication) => Promise<void>;

/** A message as a handler sees it. */
export interface Received {
  readonly headers: Readonly<Record<string, string>>;
  /** For a subscriber of the broker. */
  readonly body: Uint8Array;
  /** For one of the service: the message as proto3 JSON. */
  readonly message?: unknown;
}

/** What has come to one subscriber, without what was sent only to see who is there. */
export interface Inbox {
  /** All that came, oldest first. */
  all(): readonly Received[];
  /** Whether anything came that was sent to see who is there. */
  probed(): boolean;
}

/** A program that carries out orders by their paths: go-micro of either generation. */
export interface Told {
  readonly process: RunningProcess;
  order<T>(path: string, body?: unknown): Promise<T>;
}

export function goPublish(go: Told, topic: string): Publish {
  return async ({ headers, body = "" }) => {
    await go.order("/broker/publish", { Topic: topic, Headers: headers, Body: Buffer.from(body).toString("base64") });
  };
}

export function ourPublish(broker: Broker, topic: string): Publish {
  return ({ headers = {}, body = "" }) => broker.publish(topic, { headers, body: Buffer.from(body) });
}

/** Subscribes a Go program; `manner` is what its handler does besides telling of the message. */
export async function goSubscribe(
  go: Told,
  topic: string,
  { queue, manner }: { queue?: string; manner?: "error" } = {},
): Promise<Inbox> {
  await go.order("/broker/subscribe", { Topic: topic, Queue: queue, Manner: manner });
  return toldInbox(go.process, topic);
}

/** What a program of either language tells on its stdout of one topic. */
export function toldInbox(process: RunningProcess, topic: string): Inbox {
  return inbox(() =>
    [...process.output().matchAll(/^received (.*)$/gm)]
      .map(([, json = ""]) => JSON.parse(json) as { topic: string; body?: string } & Omit<Received, "body">)
      .filter((line) => line.topic === topic)
      .map(({ topic: _, body, ...rest }) => ({ ...rest, body: Buffer.from(body ?? "", "base64") })),
  );
}

/** Subscribes ours in this process. */
export async function ourSubscribe(
  broker: Broker,
  topic: string,
  options: SubscribeOptions & { handle?: (message: Received) => void } = {},
): Promise<Inbox & Subscription> {
  const { handle, ...rest } = options;
  const received: Received[] = [];
  const subscription = await broker.subscribe(
    topic,
    ({ message }) => {
      received.push(message);
      if (!isProbe(message)) handle?.(message);
    },
    rest,
  );
  return { ...inbox(() => received), ...subscription };
}

function inbox(read: () => readonly Received[]): Inbox {
  return {
    all: () => read().filter((message) => !isProbe(message)),
    probed: () => read().some(isProbe),
  };
}

const isProbe = ({ headers }: Received): boolean => (headers.probe ?? headers.Probe) !== undefined;

/** Publishes what no inbox counts among its messages. */
export function probe(publish: Publish): Promise<void> {
  return publish({ headers: { Probe: "yes" } });
}

/**
 * Resolves when the publisher knows all of them, which a registry tells it when it likes: publishes until each has got
 * something, which for the members of a queue may take a few.
 */
export async function allKnown(publish: Publish, inboxes: readonly Inbox[], timeoutMs?: number): Promise<void> {
  await eventually(async () => {
    // go-micro's says that it found no subscriber, while nobody subscribed to anything.
    await probe(publish).catch(() => undefined);
    expect(inboxes.filter((each) => !each.probed())).toEqual([]);
  }, timeoutMs);
}

/**
 * Resolves when go's publisher watches the registry. It begins to up to 100 ms after its first look there, and of what is
 * subscribed in between it hears nothing for a minute.
 */
export async function goWatches(go: Told, broker: Broker): Promise<void> {
  // Found by looking, and stays until the other is heard of, so that go has something to remember.
  const looked = await knownTo(go, broker);
  const heard = await eventually(() => knownTo(go, broker, 1_000));
  await Promise.all([looked.unsubscribe(), heard.unsubscribe()]);
}

async function knownTo(go: Told, broker: Broker, timeoutMs?: number): Promise<Subscription> {
  const topic = uniqueName("heard");
  const inbox = await ourSubscribe(broker, topic);
  try {
    await allKnown(goPublish(go, topic), [inbox], timeoutMs);
    return inbox;
  } catch (reason) {
    await inbox.unsubscribe();
    throw reason;
  }
}

/** The messages' own numbers, in the order in which they came. */
export function numbers(inbox: Inbox): number[] {
  return inbox.all().map(({ headers }) => Number(headers.number ?? headers.Number));
}

/** Publishes messages 1 to `count`, each when the one before it was taken. */
export async function publishNumbered(publish: Publish, count: number): Promise<void> {
  for (let number = 1; number <= count; number++) await publish({ headers: { Number: String(number) } });
}

/** 1 to `count`. */
export function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

/** Numbers in rising order. */
export function sorted(numbers: readonly number[]): number[] {
  return [...numbers].sort((a, b) => a - b);
}
