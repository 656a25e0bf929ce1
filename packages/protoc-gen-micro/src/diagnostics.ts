/** A place in a .proto file; lines and columns count from 1. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** What is wrong in a .proto file, and where. Its message begins with `file:line:column: `. */
export class ProtoError extends Error {
  readonly position: Position;
  /** The sentence alone, without the place. */
  readonly reason: string;

  constructor(position: Position, reason: string) {
    super(`${formatPosition(position)}: ${reason}`);
    this.name = "ProtoError";
    this.position = position;
    this.reason = reason;
  }
}

/** `user.proto:12:3`, as editors and terminals make it a link. */
export function formatPosition({ file, line, column }: Position): string {
  return `${file}:${line}:${column}`;
}
