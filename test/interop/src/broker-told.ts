import type { Service } from "@micro/core";
import { Sample } from "./gen/peer.ts";

/**
 * Subscribes a peer to topics, `topic` or `topic@queue` with commas between, and writes a line to stdout for each message;
 * the twin of the one in `go/`. The line is out before the handler ends, whatever becomes of the process then.
 */
export function subscribeTold(service: Service, words = ""): Service {
  for (const word of words.split(",").filter(Boolean)) {
    const [topic = "", queue] = word.split("@");
    service.subscribe(
      topic,
      (sample, { metadata: headers }) => {
        const message = Sample.toJson(sample);
        process.stdout.write(`received ${JSON.stringify({ topic, headers, message })}\n`);
      },
      { type: Sample, ...(queue && { queue }) },
    );
  }
  return service;
}
