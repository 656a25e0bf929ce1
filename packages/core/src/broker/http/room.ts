/** Room for so many bytes at once; further ones wait their turn. */
export interface Room {
  /** Takes room, in the order of asking, and gives what leaves it again. Whoever asks for more than there is gets all of it. */
  enter(bytes: number): Promise<() => void>;
}

export function room(maxBytes: number): Room {
  let free = maxBytes;
  const queue: { need: number; go: () => void }[] = [];

  function admit(): void {
    for (let next = queue[0]; next && next.need <= free; next = queue[0]) {
      queue.shift();
      free -= next.need;
      next.go();
    }
  }

  return {
    enter(bytes) {
      const need = Math.min(bytes, maxBytes);
      return new Promise((resolve) => {
        let left = false;
        const leave = (): void => {
          if (left) return;
          left = true;
          free += need;
          admit();
        };
        queue.push({ need, go: () => resolve(leave) });
        admit();
      });
    },
  };
}
