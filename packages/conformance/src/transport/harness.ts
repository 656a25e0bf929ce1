import type { Socket, Transport, TransportLimits } from "@micro/core";
import { type Patience, within } from "../patience.ts";

/** A transport under test. */
export interface TransportHarness extends Patience {
  readonly transport: Transport;
  /** Where to listen so that a free address is taken. @default "127.0.0.1:0" */
  readonly anyAddress?: string;
}

/** Both ends of one pipe, and who listens for more. */
export interface Pipe extends AsyncDisposable {
  readonly address: string;
  /** The end that dialled. */
  readonly near: Socket;
  /** The end that was listening. */
  readonly far: Socket;
  stopListening(): Promise<void>;
}

/** Opens a pipe; the limits are those of each end. */
export async function openPipe(
  { transport, anyAddress = "127.0.0.1:0", ...patience }: TransportHarness,
  limits: { near?: TransportLimits; far?: TransportLimits } = {},
): Promise<Pipe> {
  let accepted: (socket: Socket) => void = () => undefined;
  const arriving = new Promise<Socket>((resolve) => {
    accepted = resolve;
  });
  const listener = await transport.listen(anyAddress, (socket) => accepted(socket), limits.far);
  const near = await transport.dial(listener.address, limits.near);
  const far = await within(patience, "the other end of the pipe", () => arriving);
  return {
    address: listener.address,
    near,
    far,
    stopListening: () => listener.close(),
    async [Symbol.asyncDispose]() {
      near.abort();
      far.abort();
      await listener.close();
    },
  };
}
