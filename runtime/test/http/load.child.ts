// `node load.child.ts ORIGIN COUNT CONNECTIONS` → requests of many kinds, so many at a time over
// connections that stay open, each under an id of its own; prints what came back as JSON.
import { Agent, request } from "node:http";
import { type Kind, kindOf, type Returned } from "./load.ts";

const [origin = "", count = "0", connections = "1"] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true, maxSockets: Number(connections) });

const KINDS: Readonly<
  Record<Kind, (id: string) => { method?: string; path: string; body?: string }>
> = {
  user: (id) => ({ path: `/users/${id}?token=secret` }),
  head: (id) => ({ method: "HEAD", path: `/users/${id}` }),
  body: (id) => ({ method: "POST", path: "/echo", body: JSON.stringify({ id }) }),
  stream: () => ({ path: "/stream" }),
  missing: (id) => ({ path: `/missing/${id}` }),
  failing: () => ({ path: "/fail" }),
  aborted: () => ({ path: "/hang" }),
};

function ask(id: string): Promise<Returned> {
  const kind = kindOf(Number(id));
  const { method = "GET", path, body } = KINDS[kind](id);
  return new Promise((done) => {
    const asked = request(`${origin}${path}`, {
      method,
      agent,
      headers: {
        "x-request-id": id,
        authorization: `Bearer secret-${id}`,
        ...(body !== undefined && { "content-type": "application/json" }),
      },
    });
    asked.on("error", (error) => done({ id, status: 0, text: error.message }));
    asked.on("response", (response) => {
      const { statusCode: status = 0 } = response;
      let text = "";
      response.on("data", (bytes: Buffer) => {
        text += bytes.toString();
        if (kind === "aborted") asked.destroy();
      });
      response.on("error", () => {});
      response.on("close", () => done({ id, status, text }));
    });
    asked.end(body);
  });
}

const returned: Returned[] = [];
let next = 0;
async function worker(): Promise<void> {
  while (next < Number(count)) returned.push(await ask(String(next++)));
}
await Promise.all(Array.from({ length: Number(connections) }, worker));
agent.destroy();
process.stdout.write(JSON.stringify(returned));
