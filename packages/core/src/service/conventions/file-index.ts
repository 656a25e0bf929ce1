import { type ProtoFile, readFiles } from "./proto-file.ts";

/** Finds files of several descriptor sets by what they declare; where two sets declare the same, the first one's. */
export interface FileIndex {
  named(name: string): ProtoFile | undefined;
  declaring(symbol: string): ProtoFile | undefined;
  extending(extendee: string, number: number): ProtoFile | undefined;
  /** Numbers of the extensions of a message, ascending; undefined when no such message is known. */
  extensionNumbers(message: string): readonly number[] | undefined;
  /** The file, then all that it imports, near ones first; imports that are in no set are left out. */
  closure(file: ProtoFile): readonly ProtoFile[];
}

/** `onClash` is told of a name that two different files have. */
export function indexFiles(sets: readonly Uint8Array[], onClash: (name: string) => void): FileIndex {
  const byName = new Map<string, ProtoFile>();
  const bySymbol = new Map<string, ProtoFile>();
  const messages = new Set<string>();
  const byExtension = new Map<string, Map<number, ProtoFile>>();
  // Two packages may have compiled different files of one name: an import means the one of its own set.
  const siblings = new Map<ProtoFile, ReadonlyMap<string, ProtoFile>>();

  for (const set of sets) {
    const files = readFiles(set);
    const ofSet = new Map(files.map((file) => [file.name, file]));
    for (const file of files) {
      const first = byName.get(file.name);
      if (first && Buffer.compare(first.bytes, file.bytes) === 0) {
        ofSet.set(file.name, first);
        continue;
      }
      if (first) onClash(file.name);
      siblings.set(file, ofSet);
      keepFirst(byName, file.name, file);
      for (const symbol of file.symbols) keepFirst(bySymbol, symbol, file);
      for (const message of file.messages) messages.add(message);
      for (const { extendee, number } of file.extensions) {
        const numbers = byExtension.get(extendee) ?? new Map<number, ProtoFile>();
        byExtension.set(extendee, numbers);
        keepFirst(numbers, number, file);
      }
    }
  }

  return {
    named: (name) => byName.get(name),
    declaring: (symbol) => bySymbol.get(symbol),
    extending: (extendee, number) => byExtension.get(extendee)?.get(number),
    extensionNumbers(message) {
      const numbers = byExtension.get(message);
      if (numbers) return [...numbers.keys()].sort((a, b) => a - b);
      return messages.has(message) ? [] : undefined;
    },
    closure(file) {
      const found = new Set([file]);
      // A set may be added to while it is read, and is read to its new end.
      for (const each of found) {
        for (const name of each.imports) {
          const imported = siblings.get(each)?.get(name) ?? byName.get(name);
          if (imported) found.add(imported);
        }
      }
      return [...found];
    },
  };
}

function keepFirst<K, V>(map: Map<K, V>, key: K, value: V): void {
  if (!map.has(key)) map.set(key, value);
}
