import { type Fields, type MessageSchema, zeroValue } from "./schema.ts";

/** A function that makes messages with nothing but defaults, all with the keys in the order of the proto file. */
export function blankMaker({ fields }: MessageSchema): () => Fields {
  const copy = copier(
    Object.fromEntries(fields.map((field) => [field.key, field.presence ? undefined : zeroValue(field)])),
  );
  const lists = fields.filter((field) => field.repeated).map((field) => field.key);
  const maps = fields.filter((field) => field.mapKey !== undefined).map((field) => field.key);
  if (lists.length + maps.length === 0) return copy;
  return () => {
    const message = copy();
    for (let i = 0; i < lists.length; i++) message[lists[i] as string] = [];
    for (let i = 0; i < maps.length; i++) message[maps[i] as string] = {};
    return message;
  };
}

let made = 0;

function copier(template: Fields): () => Fields {
  const make = copiers[made++ % copiers.length] as (template: Fields) => () => Fields;
  return make(template);
}

// V8 remembers for each place in the source which shapes of objects it copied there, up to four, and copies those
// five times as fast as others. So the same line stands here many times, and the message types take turns.
const copiers: readonly ((template: Fields) => () => Fields)[] = [
  (template) => () => ({ ...template }),
  (template) => () => ({ ...template }),
  (template) => () => ({ ...template }),
  (template) => () => ({ ...template }),
  (template) => () => ({ ...template }),
  (template) => () => ({ ...template }),
  (template) => () => ({ ...template }),
  (template) => () => ({ ...template }),
  (template) => () => ({ ...template }),
  (template) => () => ({ ...template }),
  (template) => () => ({ ...template }),
  (template) => () => ({ ...template }),
  (template) => () => ({ ...template }),
  (template) => () => ({ ...template }),
  (template) => () => ({ ...template }),
  (template) => () => ({ ...template }),
  (template) => () => ({ ...template }),
  (template) => () => ({ ...template }),
  (template) => () => ({ ...template }),
  (template) => () => ({ ...template }),
  (template) => () => ({ ...template }),
  (template) => () => ({ ...template }),
  (template) => () => ({ ...template }),
  (template) => () => ({ ...template }),
  (template) => () => ({ ...template }),
  (template) => () => ({ ...template }),
  (template) => () => ({ ...template }),
  (template) => () => ({ ...template }),
  (template) => () => ({ ...template }),
  (template) => () => ({ ...template }),
  (template) => () => ({ ...template }),
  (template) => () => ({ ...template }),
];
