import { bytes, echo, text } from "./echo.ts";
import { openWire, type ProtocolHarness, type StreamAnswer, type Wire } from "./harness.ts";

/** Both halves of a protocol whose streaming calls are answered so. */
export function openStream(harness: ProtocolHarness, stream: StreamAnswer): Promise<Wire> {
  return openWire(harness, echo, { stream });
}

/** Texts as the messages of a stream. */
export async function* messages(...texts: string[]): AsyncGenerator<Uint8Array, void, undefined> {
  for (const each of texts) yield bytes(each);
}

/** All messages of a stream, as texts. */
export async function collect(replies: AsyncIterable<Uint8Array>): Promise<string[]> {
  const all: string[] = [];
  for await (const reply of replies) all.push(text(reply));
  return all;
}

/** Something that happens once, and a promise that it has. */
export function event(): { readonly happened: Promise<void>; happen(): void } {
  let happen = (): void => undefined;
  const happened = new Promise<void>((resolve) => {
    happen = resolve;
  });
  return { happened, happen: () => happen() };
}
