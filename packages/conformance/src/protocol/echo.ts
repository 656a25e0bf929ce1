import type { IncomingCall } from "@micro/core";

/** Answers with the request. */
export const echo = async (_call: IncomingCall, body: Uint8Array): Promise<Uint8Array> => body;

export const bytes = (text: string): Uint8Array => Buffer.from(text);

export const text = (body: Uint8Array): string => Buffer.from(body).toString();
