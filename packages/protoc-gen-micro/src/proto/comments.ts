/** The comments between two tokens, by what they belong to. */
export interface CommentsBetween {
  /** On the line of the earlier token or right below it, then a blank line: about what the earlier token ends. */
  readonly trailing: string;
  /** Right above the later token: about what that begins. */
  readonly leading: string;
}

export interface GapPlace {
  /** Nothing stands before the gap. @default false */
  readonly fileStart?: boolean;
  /** The later token is a closing bracket, which no comment is about. @default false */
  readonly closesScope?: boolean;
}

/**
 * Sorts the comments in `gap`, the text between two tokens, as protoc does.
 *
 * Comments in neither place belong to nothing. Source: the rules documented at `SourceCodeInfo.Location` in
 * descriptor.proto.
 */
export function commentsBetween(gap: string, at: GapPlace = {}): CommentsBetween {
  const { fileStart = false, closesScope = false } = at;
  const collector = collect(!fileStart);
  let rest = gap;
  if (!fileStart) {
    rest = rest.replace(/^[^\S\n]+/, "");
    const taken = takeComment(rest);
    if (taken) {
      rest = taken.rest;
      collector.add(taken);
      if (taken.kind === "block") {
        rest = rest.replace(/^[^\S\n]+/, "");
        // The later token stands on the same line, so nobody can say which of the two was meant.
        if (!rest.startsWith("\n")) return { trailing: "", leading: "" };
        rest = rest.slice(1);
      }
      collector.flush();
    } else if (rest.startsWith("\n")) {
      rest = rest.slice(1);
    } else {
      return { trailing: "", leading: "" };
    }
  }
  for (;;) {
    rest = rest.replace(/^[^\S\n]+/, "");
    const taken = takeComment(rest);
    if (taken) {
      rest = taken.rest;
      collector.add(taken);
      // What is left of the line of a block comment is not a blank line.
      if (taken.kind === "block") rest = rest.replace(/^[^\S\n]*\n?/, "");
    } else if (rest.startsWith("\n")) {
      rest = rest.slice(1);
      collector.flush();
      collector.detach();
    } else {
      if (closesScope) collector.flush();
      return collector.result();
    }
  }
}

interface Taken {
  readonly kind: "line" | "block";
  readonly text: string;
  readonly rest: string;
}

function takeComment(text: string): Taken | undefined {
  const line = /^\/\/([^\n]*\n?)/.exec(text);
  if (line) return { kind: "line", text: line[1] ?? "", rest: text.slice(line[0].length) };
  const block = /^\/\*([\s\S]*?)\*\//.exec(text);
  if (!block) return undefined;
  // The stars down the left side of a block are decoration.
  const body = (block[1] ?? "").replace(/\n[^\S\n]*\*?/g, "\n");
  return { kind: "block", text: body, rest: text.slice(block[0].length) };
}

function collect(canAttachToEarlier: boolean): {
  add(taken: Taken): void;
  flush(): void;
  detach(): void;
  result(): CommentsBetween;
} {
  let attachable = canAttachToEarlier;
  let trailing = "";
  let buffer = "";
  let last: "line" | "block" | undefined;
  const flush = (): void => {
    if (last === undefined) return;
    if (attachable) trailing += buffer;
    attachable = false;
    buffer = "";
    last = undefined;
  };
  return {
    add({ kind, text }) {
      // Line comments below one another are one comment; anything else begins a new one.
      if (last !== undefined && (kind === "block" || last === "block")) flush();
      buffer += text;
      last = kind;
    },
    flush,
    detach() {
      attachable = false;
    },
    result: () => ({ trailing, leading: buffer }),
  };
}
