import type { UserInfo } from "./gen/user.ts";

/** Where users come from. */
export interface Users {
  findByName(name: string): Promise<UserInfo | undefined>;
}

/** Knows one user under every name, so that the sample answers whoever is asked for. */
export function sampleUsers(): Users {
  const createdTime = 1_589_270_887n; // seconds since 1970
  return {
    findByName: async (name) => ({ id: "123", name, pwd: "dslhgfoif40u9b9", createdTime, updatedTime: createdTime }),
  };
}
