import { expect, test } from "vitest";
import { jsonText } from "./json-text.ts";
import { maxQueryDepth, queryObject } from "./query-object.ts";
import { maxPairs } from "./url-encoded.ts";

const json = (query: string): string => jsonText(queryObject(query));

test.each([
  ["", "{}"],
  ["name=huohuo", '{"name":"huohuo"}'],
  ["id=123&ok=true&n=null&f=1.50", '{"id":123,"ok":true,"n":null,"f":1.50}'],
  ["s=007&q=%22a%22", '{"s":"007","q":"a"}'],
  ["big=9007199254740993", '{"big":9007199254740993}'],
  ["n=-1e5&m=-&p=1.&q=.5&r=%2B1", '{"n":-1e5,"m":"-","p":"1.","q":".5","r":"+1"}'],
  ["a[b][c]=1&l[]=1&l[]=x", '{"a":{"b":{"c":1}},"l":[1,"x"]}'],
  ["a%5Bb%5D=1", '{"a":{"b":1}}'],
  ["a=x&a=y", '{"a":"y"}'],
  ["a.b=1&a.c=2", '{"a":{"b":1,"c":2}}'],
  ["a.b.c=1&a.b.d=2", '{"a":{"b":{"c":1,"d":2}}}'],
  ["a[b].c=1&a.b[d]=2", '{"a":{"b":{"c":1,"d":2}}}'],
  ["l[][x]=1&l[][y]=2&l[].z=3", '{"l":[{"x":1},{"y":2},{"z":3}]}'],
  ["l[0]=a", '{"l":{"0":"a"}}'],
  ["t=abc==", '{"t":"abc=="}'],
  ["flag", '{"flag":true}'],
  ["flag=", '{"flag":""}'],
  ["a=1&", '{"a":1}'],
  ["&&a=1", '{"a":1}'],
  ["a=he%22llo", '{"a":"he\\"llo"}'],
  ["a=%5C&b=%0A", '{"a":"\\\\","b":"\\n"}'],
  ["a+b=c+d%2B", '{"a b":"c d+"}'],
  ["a=%5B1,9007199254740993%5D", '{"a":[1,9007199254740993]}'],
  ["a=%5Bnot json", '{"a":"[not json"}'],
  ['a={"x":1}&a.y=2', '{"a":{"x":1,"y":2}}'],
  ['a={"x":1}&a={"y":2}', '{"a":{"y":2}}'],
  ["__proto__=1&__proto__x.y=2", '{"__proto__":1,"__proto__x":{"y":2}}'],
  ["constructor.prototype.x=1", '{"constructor":{"prototype":{"x":1}}}'],
  ["ключ=%D0%B6", '{"ключ":"ж"}'],
])("%s is %s", (query, expected) => {
  expect(json(query)).toBe(expected);
});

test("keys such as __proto__ change no object of this process", () => {
  json("__proto__.polluted=1&constructor.prototype.polluted=1");
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});

test.each(["a=1&a.b=2", "a.b=2&a=1", "a[]=1&a=2", "a=2&a[]=1", "a.b=1&a[]=2", "a[]=1&a.b=2", 'a[]=1&a={"b":1}'])(
  "%s is refused with 400 that names the key",
  (query) => {
    expect(() => json(query)).toThrow(expect.objectContaining({ code: 400, detail: expect.stringContaining('"a') }));
  },
);

test.each(["a[b=1", "a]b=1", "a..b=1", ".a=1", "a.=1", "a[b]c=1", "[]=1", "=1", "l[][]=1", "a[[b]]=1"])(
  "the malformed key in %s is refused with 400",
  (query) => {
    expect(() => json(query)).toThrow(
      expect.objectContaining({ code: 400, detail: expect.stringContaining("malformed") }),
    );
  },
);

test.each(["a=%", "a=%zz", "a=%ff", "%ff=a"])("the encoding of %s is refused with 400", (query) => {
  expect(() => json(query)).toThrow(
    expect.objectContaining({ code: 400, detail: expect.stringContaining("percent-encoded") }),
  );
});

test("values up to the limit are taken, one more is refused", () => {
  const values = Array.from({ length: maxPairs }, (_, at) => `k${at}=1`).join("&");
  expect(Object.keys(JSON.parse(json(values)))).toHaveLength(maxPairs);
  expect(() => json(`${values}&more=1`)).toThrow(expect.objectContaining({ code: 400 }));
});

test("keys and values nest up to the limit, one level more is refused", () => {
  const key = Array.from({ length: maxQueryDepth }, () => "a").join(".");
  expect(json(`${key}=1`)).toContain('"a":1');
  expect(() => json(`${key}.a=1`)).toThrow(expect.objectContaining({ code: 400 }));
  const value = `${'{"a":'.repeat(maxQueryDepth)}1${"}".repeat(maxQueryDepth)}`;
  expect(json(`v=${value}`)).toBe(`{"v":${value}}`);
  expect(() => json(`v={"a":${value}}`)).toThrow(expect.objectContaining({ code: 400 }));
});
