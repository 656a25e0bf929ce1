// GETs a URL at a steady rate from wherever it is started: `load.mjs URL EXPECTED PER_SECOND`. Writes `made N` after each
// hundred calls and, when it is stopped by SIGTERM, what became of them all as one line of JSON.
import { Agent, get } from "node:http";
import { startLoad } from "@micro/testbed";

const [url, expected, perSecond] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true, maxSockets: 1024 });
const load = startLoad(
  async (number) => {
    if (number % 100 === 99) console.log(`made ${number + 1}`);
    const answer = await fetchText();
    if (answer !== `200 ${expected}`) throw new Error(answer);
  },
  { perSecond: Number(perSecond) },
);

function fetchText() {
  return new Promise((resolve, reject) => {
    get(url, { agent, timeout: 20_000 }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk) => {
        body += chunk;
      });
      response.on("end", () => resolve(`${response.statusCode} ${body}`));
      response.on("error", reject);
    })
      .on("timeout", () => reject(new Error("no answer within 20 s")))
      .on("error", reject);
  });
}

process.once("SIGTERM", async () => {
  const tally = await load.stop();
  console.log(JSON.stringify(tally));
  process.exit(0);
});
