/** How long a case waits for what must happen. */
export interface Patience {
  /** In real milliseconds. @default 10000 */
  patienceMs?: number;
}

/** What `action` gives, or a rejection that says what was waited for when it takes longer than the harness allows. */
export async function within<T>(
  { patienceMs = 10_000 }: Patience,
  what: string | (() => string),
  action: () => Promise<T>,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const outOfPatience = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`waited ${patienceMs} ms in vain for ${typeof what === "string" ? what : what()}`));
    }, patienceMs);
  });
  try {
    return await Promise.race([action(), outOfPatience]);
  } finally {
    clearTimeout(timer);
  }
}

/** Asks again and again until `check` no longer throws; after the harness's patience what it threw last comes out. */
export async function eventually({ patienceMs = 10_000 }: Patience, check: () => Promise<void>): Promise<void> {
  const end = Date.now() + patienceMs;
  for (;;) {
    try {
      return await check();
    } catch (reason) {
      if (Date.now() >= end) throw reason;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
