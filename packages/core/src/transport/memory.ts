import { formatHostPort, parseListenAddress } from "../words/address.ts";
import { MicroError, unavailable } from "../words/errors.ts";
import { closeable, closeOnce } from "../words/lifecycle.ts";
import { type Inbox, inbox } from "./inbox.ts";
import { type Message, type Socket, type Transport, type TransportLimits, transportDefaults } from "./transport.ts";

/** Pipes inside one process. Both sides must use the same transport; two of them do not see each other. */
export function memoryTransport(): Transport {
  const listeners = new Map<string, (socket: Socket) => void>();
  const limitsOf = new Map<string, TransportLimits>();
  let dialled = 0;

  return {
    name: "memory",
    async dial(address, { signal, ...limits } = {}) {
      if (signal?.aborted) throw signal.reason;
      const onSocket = listeners.get(address);
      if (!onSocket) throw unavailable("go.micro.client", `could not dial ${address}`, { unprocessed: true });
      // Callers have addresses too, beyond those that are listened on.
      const caller = formatHostPort("127.0.0.1", 30_000 + (dialled++ % 30_000));
      const [near, far] = socketPair(caller, address, limits, limitsOf.get(address) ?? {});
      onSocket(far);
      return near;
    },
    async listen(asked, onSocket, limits = {}) {
      const address = freeAddress(asked, listeners);
      listeners.set(address, onSocket);
      limitsOf.set(address, limits);
      const close = closeOnce(() => {
        listeners.delete(address);
        limitsOf.delete(address);
      });
      return { address, ...closeable(close) };
    },
  };
}

/** The address itself, or one with a port that nobody has where it asks for port 0. */
function freeAddress(asked: string, taken: ReadonlyMap<string, unknown>): string {
  const { host, port } = parseListenAddress(asked, "address of the memory transport");
  const name = host || "127.0.0.1";
  if (port > 0) {
    const address = formatHostPort(name, port);
    if (taken.has(address)) throw new MicroError("go.micro.server", 409, `already listening on ${address}`);
    return address;
  }
  for (let free = 10_000; free < 30_000; free++) {
    const address = formatHostPort(name, free);
    if (!taken.has(address)) return address;
  }
  throw new MicroError("go.micro.server", 409, `no port of ${name} is free`);
}

interface End {
  readonly socket: Socket;
  readonly arrivals: Inbox<Message>;
  finish(reason: MicroError | undefined): void;
  onRoom(): void;
}

/** Both ends of one pipe. */
function socketPair(
  near: string,
  far: string,
  nearLimits: TransportLimits,
  farLimits: TransportLimits,
): [Socket, Socket] {
  const ends: [End, End] = [
    end("go.micro.client.transport", near, far, nearLimits, () => ends[1]),
    end("go.micro.server", far, near, farLimits, () => ends[0]),
  ];
  return [ends[0].socket, ends[1].socket];
}

function end(id: string, local: string, remote: string, limits: TransportLimits, peer: () => End): End {
  const { maxMessageBytes = transportDefaults.maxMessageBytes } = limits;
  let over: MicroError | undefined;
  let waitingForRoom: { resolve(): void; reject(reason: MicroError): void }[] = [];
  let resolveClosed: () => void;
  const closed = new Promise<void>((resolve) => {
    resolveClosed = resolve;
  });
  const arrivals = inbox<Message>({ bytes: ({ body }) => body.length, onRoom: () => peer().onRoom() });

  /** Without a reason the end is an orderly one. */
  function finish(reason: MicroError | undefined): void {
    if (over) return;
    over = reason ?? unavailable(id, `connection to ${remote} is closed`);
    arrivals.end(reason);
    const waiting = waitingForRoom;
    waitingForRoom = [];
    for (const { reject } of waiting) reject(over);
    resolveClosed();
  }

  const refusing = ({ headers, body }: Message): Message => {
    if (body.length <= maxMessageBytes) return { headers, body };
    const detail = `a message from ${remote} is over the limit of ${maxMessageBytes} bytes`;
    return { headers, body: body.subarray(0, 0), refusal: new MicroError(id, 413, detail) };
  };
  const inboxEnd: Inbox<Message> = {
    ...arrivals,
    get size() {
      return arrivals.size;
    },
    get full() {
      return arrivals.full;
    },
    push: (message) => arrivals.push(refusing(message)),
  };

  const socket: Socket = {
    local,
    remote,
    closed,
    get arrived() {
      return arrivals.size;
    },
    get isClosed() {
      return over !== undefined;
    },
    send({ headers, body }) {
      if (over) return Promise.reject(over);
      if (body.length > maxMessageBytes) {
        const detail = `a message of ${body.length} bytes for ${remote} is over the limit of ${maxMessageBytes}`;
        return Promise.reject(new MicroError(id, 413, detail));
      }
      // A copy, as a wire makes one: neither side sees what the other does to its own.
      const copy = { headers: Object.assign(Object.create(null), headers), body: Uint8Array.from(body) };
      const to = peer().arrivals;
      to.push(copy);
      if (!to.full) return Promise.resolve();
      return new Promise((resolve, reject) => waitingForRoom.push({ resolve, reject }));
    },
    receive: () => arrivals.take(),
    close() {
      finish(undefined);
      peer().finish(undefined);
    },
    abort(reason) {
      finish(reason ?? unavailable(id, `connection to ${remote} was closed`));
      peer().finish(unavailable(id, `connection to ${local} was closed`));
    },
  };
  return {
    socket,
    arrivals: inboxEnd,
    finish,
    onRoom() {
      const waiting = waitingForRoom;
      waitingForRoom = [];
      for (const { resolve } of waiting) resolve();
    },
  };
}
