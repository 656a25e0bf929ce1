import type { Role } from "../connection.ts";
import { ConnectionFault, ErrorCode } from "../errors.ts";
import { maxWindow } from "../flow.ts";
import type { Limits } from "../limits.ts";
import { maxMaxFrame, minMaxFrame, readUint32, writeUint32 } from "./frame.ts";

/** What a peer has announced; what it has not has the value that RFC 9113 §6.5.2 gives it. */
export interface Settings {
  headerTableBytes: number;
  enablePush: boolean;
  maxConcurrentStreams: number;
  initialWindowBytes: number;
  maxFrameBytes: number;
  maxHeaderListBytes: number;
}

const HEADER_TABLE_SIZE = 1;
const ENABLE_PUSH = 2;
const MAX_CONCURRENT_STREAMS = 3;
const INITIAL_WINDOW_SIZE = 4;
const MAX_FRAME_SIZE = 5;
const MAX_HEADER_LIST_SIZE = 6;

/**
 * The settings of a peer that has not spoken yet. Push counts as off: it is never used here. RFC 9113 sets no limit to
 * streams then, but recommends that peers accept 100: more at once would only be refused by many.
 */
export function initialSettings(): Settings {
  return {
    headerTableBytes: 4096,
    enablePush: false,
    maxConcurrentStreams: 100,
    initialWindowBytes: 65_535,
    maxFrameBytes: minMaxFrame,
    maxHeaderListBytes: Number.POSITIVE_INFINITY,
  };
}

/** Applies the payload of a SETTINGS frame to `settings`. Unknown ones are ignored, impossible ones are a fault. */
export function readSettings(payload: Buffer, start: number, end: number, settings: Settings): void {
  for (let at = start; at + 6 <= end; at += 6) {
    const id = ((payload[at] ?? 0) << 8) | (payload[at + 1] ?? 0);
    const value = readUint32(payload, at + 2);
    if (id === HEADER_TABLE_SIZE) settings.headerTableBytes = value;
    else if (id === ENABLE_PUSH) {
      if (value > 1) throw new ConnectionFault(ErrorCode.PROTOCOL_ERROR, `ENABLE_PUSH is ${value}, not 0 or 1`);
      settings.enablePush = value === 1;
    } else if (id === MAX_CONCURRENT_STREAMS) settings.maxConcurrentStreams = value;
    else if (id === INITIAL_WINDOW_SIZE) {
      if (value > maxWindow)
        throw new ConnectionFault(ErrorCode.FLOW_CONTROL_ERROR, `INITIAL_WINDOW_SIZE is ${value}, above ${maxWindow}`);
      settings.initialWindowBytes = value;
    } else if (id === MAX_FRAME_SIZE) {
      if (value < minMaxFrame || value > maxMaxFrame)
        throw new ConnectionFault(
          ErrorCode.PROTOCOL_ERROR,
          `MAX_FRAME_SIZE is ${value}, not ${minMaxFrame} to ${maxMaxFrame}`,
        );
      settings.maxFrameBytes = value;
    } else if (id === MAX_HEADER_LIST_SIZE) settings.maxHeaderListBytes = value;
  }
}

/** The payload of the SETTINGS that announces our limits. */
export function announcement(role: Role, limits: Limits): Buffer {
  return settingsPayload([
    [HEADER_TABLE_SIZE, limits.headerTableBytes],
    role === "client" ? [ENABLE_PUSH, 0] : [MAX_CONCURRENT_STREAMS, limits.maxConcurrentStreams],
    [INITIAL_WINDOW_SIZE, limits.streamWindowBytes],
    [MAX_FRAME_SIZE, limits.maxFrameBytes],
    [MAX_HEADER_LIST_SIZE, limits.maxHeaderListBytes],
  ]);
}

/** The payload of a SETTINGS frame with these entries. */
export function settingsPayload(entries: readonly (readonly [id: number, value: number])[]): Buffer {
  const payload = Buffer.alloc(entries.length * 6);
  entries.forEach(([id, value], i) => {
    payload.writeUInt16BE(id, i * 6);
    writeUint32(payload, i * 6 + 2, value);
  });
  return payload;
}
