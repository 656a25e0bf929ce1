import { type TransportLimits, transportDefaults } from "../transport/transport.ts";
import { MicroError } from "../words/errors.ts";

/** How large messages may be, the value and what a framing puts around it. */
export interface MessageLimits {
  /** Throws 413 when a value is too large. */
  check(body: Uint8Array, what: string): void;
  /** What the transport is told, which sees the framing too. */
  readonly transport: Required<TransportLimits>;
}

// An envelope holds an endpoint, an id and, in place of a value, an error.
const envelopeBytes = 4 * 1024;

/** The limits for a side that raises its errors as `id`. */
export function messageLimits(id: string, maxMessageBytes: number = transportDefaults.maxMessageBytes): MessageLimits {
  return {
    check({ length }, what) {
      if (length <= maxMessageBytes) return;
      throw new MicroError(id, 413, `${what} of ${length} bytes is over the limit of ${maxMessageBytes}`);
    },
    transport: { maxMessageBytes: maxMessageBytes + envelopeBytes },
  };
}
