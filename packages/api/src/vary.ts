import type { HttpAnswer } from "@micro/gateway";

/** The answer with `name` among the request headers that it depends on, so that caches keep its forms apart. */
export function varyingBy(answer: HttpAnswer, name: string): HttpAnswer {
  const given = answer.headers.filter(([key]) => key.toLowerCase() === "vary").flatMap(([, value]) => value.split(","));
  if (given.some((each) => each.trim() === "*" || each.trim().toLowerCase() === name.toLowerCase())) return answer;
  return { ...answer, headers: [...answer.headers, ["vary", name]] };
}
