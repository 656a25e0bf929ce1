import type { Handlers, MessageType, ServiceContext } from "@micro/core";

export interface Job {
  id: string;
}

/** What a node has to say: who it is, and what it was asked. */
export interface Done {
  id: string;
  by: string;
}

/** A service for tests, its messages in JSON. */
export const Jobs = {
  name: "Jobs",
  fullName: "jobs.Jobs",
  methods: {
    /** May run twice. */
    look: {
      kind: "unary",
      name: "Look",
      request: jsonMessage<Job>("jobs.Job"),
      response: jsonMessage<Done>("jobs.Done"),
      idempotent: true,
    },
    /** May not. */
    run: {
      kind: "unary",
      name: "Run",
      request: jsonMessage<Job>("jobs.Job"),
      response: jsonMessage<Done>("jobs.Done"),
    },
    /** The id, back again for each. */
    chat: {
      kind: "duplex",
      name: "Chat",
      request: jsonMessage<Job>("jobs.Job"),
      response: jsonMessage<Done>("jobs.Done"),
    },
  },
} as const;

/** Handlers that answer as `by`. */
export function jobHandlers(by: string): Handlers<typeof Jobs.methods, ServiceContext> {
  return {
    look: ({ id }) => ({ id, by }),
    run: ({ id }) => ({ id, by }),
    async *chat(requests) {
      for await (const { id } of requests) yield { id, by };
    },
  };
}

function jsonMessage<T>(name: string): MessageType<T> {
  return {
    name,
    fields: [],
    encode: (value) => Buffer.from(JSON.stringify(value)),
    decode: (bytes) => JSON.parse(Buffer.from(bytes).toString()),
    toJson: (value) => value,
    fromJson: (json) => json as T,
  };
}
