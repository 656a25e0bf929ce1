import { expect, test } from "vitest";
import { maskedUrl } from "./masked-url.ts";

test.each([
  ["/user/say/hello?name=a&page=2", "/user/say/hello?name=a&page=2"],
  ["/a?access_token=abc&name=b", "/a?access_token=***&name=b"],
  ["/a?apiKey=x&X-Amz-Signature=y", "/a?apiKey=***&X-Amz-Signature=***"],
  ["/a?%74oken=x", "/a?%74oken=***"],
  ["/a?%=x&password", "/a?%=x&password"],
  ["https://x.example/cb?code=1&zipcode=2", "https://x.example/cb?code=***&zipcode=2"],
  ["/token", "/token"],
])("%s is logged as %s", (url, shown) => {
  expect(maskedUrl(url)).toBe(shown);
});
