import { access, constants } from "node:fs/promises";
import { join } from "node:path";

/** Whether a program is in PATH, or where Debian has what only root finds there. */
export async function inPath(command: string): Promise<boolean> {
  const folders = [...(process.env.PATH ?? "").split(":"), "/usr/local/sbin", "/usr/sbin", "/sbin"];
  for (const folder of folders) {
    try {
      await access(join(folder, command), constants.X_OK);
      return true;
    } catch {
      // the next folder may have it
    }
  }
  return false;
}
