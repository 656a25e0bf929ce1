import { type Message, MicroError, memoryTransport, type Socket, type Transport } from "@micro/core";
import type { Fault } from "./bite.ts";

/** What is wrong with a transport: its sockets, or some of its methods. */
export interface TransportFault extends Fault {
  readonly socket?: (sound: Socket) => Partial<Socket>;
  readonly transport?: (sound: Transport) => Partial<Transport>;
}

/** A transport in memory with one fault. */
export function faultyTransport({ socket, transport }: TransportFault): Transport {
  const sound = memoryTransport();
  const broken = (each: Socket): Socket => (socket ? overlay(each, socket(each)) : each);
  const faulty: Transport = {
    ...sound,
    dial: async (address, options) => broken(await sound.dial(address, options)),
    listen: (address, onSocket, limits) => sound.listen(address, (each) => onSocket(broken(each)), limits),
  };
  return { ...faulty, ...transport?.(faulty) };
}

/** Getters stay getters. */
function overlay(sound: Socket, changes: Partial<Socket>): Socket {
  return Object.defineProperties(Object.create(sound), Object.getOwnPropertyDescriptors(changes)) as Socket;
}

/** Sends a changed message. */
const sending =
  (change: (message: Message) => Message) =>
  (sound: Socket): Partial<Socket> => ({ send: (message) => sound.send(change(message)) });

const never = <T>(): Promise<T> => new Promise(() => undefined);

/** One at least for every case. */
export const transportFaults: readonly TransportFault[] = [
  {
    does: "loses the headers",
    socket: sending(({ body }) => ({ headers: {}, body })),
    failing: [
      "carries headers and a body each way",
      "gives a message over the receiver's limit without its body, says why, and goes on",
    ],
  },
  {
    does: "takes bodies for text",
    socket: sending(({ headers, body }) => ({ headers, body: Buffer.from(Buffer.from(body).toString()) })),
    failing: ["carries every byte there is, an empty body, and a view into a larger buffer"],
  },
  {
    does: "takes the whole buffer under a view",
    socket: sending(({ headers, body }) => ({ headers, body: new Uint8Array(body.buffer) })),
    failing: ["carries every byte there is, an empty body, and a view into a larger buffer"],
  },
  {
    does: "swaps neighbours",
    socket(sound) {
      let held: Message | undefined;
      return {
        async send(message) {
          if (!held) {
            held = message;
            return;
          }
          const first = held;
          held = undefined;
          await sound.send(message);
          await sound.send(first);
        },
      };
    },
    failing: ["keeps 1,000 messages in order"],
  },
  {
    does: "sends nothing before it was sent something",
    socket(sound) {
      let asked = 0;
      return {
        async send(message) {
          if (asked++ > 0) await never();
          await sound.send(message);
        },
      };
    },
    failing: ["pairs nothing: either end sends first, and as often as it likes"],
  },
  {
    does: "hands over the sender's own headers",
    socket(sound) {
      return { send: (message) => sound.send({ ...message, headers: message.headers }), receive: shared(sound) };
    },
    transport(sound) {
      return {
        async dial(address, options) {
          const socket = await sound.dial(address, options);
          return overlay(socket, {
            send(message) {
              lastHeaders = message.headers;
              return socket.send(message);
            },
          });
        },
      };
    },
    failing: ["does not see what becomes of a message after it was sent"],
  },
  {
    does: "never holds a sender up",
    socket: (sound) => ({
      async send(message) {
        void sound.send(message).catch(() => undefined); // that is the fault
      },
    }),
    failing: [
      "holds up a sender whose peer takes nothing, and loses nothing",
      "rejects with 503 what is sent after the end",
    ],
  },
  {
    does: "does not count what has arrived",
    socket: () => ({ arrived: 0 }),
    failing: ["tells how many messages wait to be received"],
  },
  {
    does: "sends what is over the limit",
    socket: sending(({ headers, body }) => ({ headers, body: body.subarray(0, 4 * 1024 * 1024) })),
    failing: ["carries 4 MiB and refuses to send more with 413, sending nothing"],
  },
  {
    does: "forgets its limits",
    transport: (sound) => ({
      dial: (address, { maxMessageBytes: _forgotten, ...options } = {}) => sound.dial(address, options),
      listen: (address, onSocket) => sound.listen(address, onSocket),
    }),
    failing: ["gives a message over the receiver's limit without its body, says why, and goes on"],
  },
  {
    does: "drops what has arrived when the peer closes",
    socket: (sound) => ({
      async receive() {
        await new Promise((resolve) => setImmediate(resolve));
        return sound.isClosed ? undefined : await sound.receive();
      },
    }),
    failing: ["delivers what was sent before an end closed, then tells of the end"],
  },
  {
    does: "does not tell its peer when it closes",
    socket: () => ({ close: () => undefined }),
    failing: [
      "tells both ends that the pipe is over",
      "delivers what was sent before an end closed, then tells of the end",
    ],
  },
  {
    does: "takes messages after the end",
    socket: (sound) => ({ send: (message) => sound.send(message).catch(() => undefined) }),
    failing: ["rejects with 503 what is sent after the end"],
  },
  {
    does: "forgets why it was aborted",
    socket: (sound) => ({ abort: () => sound.abort() }),
    failing: ["rejects who waits with the reason of an abort, and ends the other side"],
  },
  {
    does: "forgets senders that wait",
    socket: (sound) => ({ send: (message) => sound.send(message).catch(() => never()) }),
    failing: ["rejects senders that are held up when the pipe ends"],
  },
  {
    does: "does not say which address it could not dial",
    transport: (sound) => ({
      dial: (address, options) =>
        sound.dial(address, options).catch(() => {
          throw new MicroError("go.micro.client", 503, "no connection", { unprocessed: true });
        }),
    }),
    failing: ["rejects with 503, surely nothing sent, where nobody listens"],
  },
  {
    does: "pays no heed to the signal",
    transport: (sound) => ({ dial: (address, { signal: _unheard, ...options } = {}) => sound.dial(address, options) }),
    failing: ["does not dial when the signal is aborted"],
  },
  {
    does: "ends all pipes with the listener",
    transport: (sound) => ({
      async listen(address, onSocket, limits) {
        const sockets: Socket[] = [];
        const listener = await sound.listen(
          address,
          (socket) => {
            sockets.push(socket);
            onSocket(socket);
          },
          limits,
        );
        return {
          ...listener,
          async close() {
            for (const socket of sockets) socket.abort();
            await listener.close();
          },
        };
      },
    }),
    failing: ["lets pipes that stand go on when nobody listens any more"],
  },
  {
    does: "calls both ends by one address",
    socket: (sound) => ({ local: sound.remote }),
    failing: ["tells each end the address of the other"],
  },
];

let lastHeaders: Message["headers"] = {};

function shared(sound: Socket): () => Promise<Message | undefined> {
  return async () => {
    const message = await sound.receive();
    return message && { ...message, headers: lastHeaders };
  };
}
