import type { Codec } from "../codec.ts";
import { jsonCodec } from "../json.ts";

/** JSON by Go's struct tags, for those framings whose bodies go-micro reads with Go's plain `encoding/json`. */
export const structJsonCodec: Codec = jsonCodec({ dialect: "struct" });
