// `node services.child.ts callee|caller [PORT]` → a service that answers, or one that calls it; both send OTLP as the environment says.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { configure, flush, track, withTrace } from "../../runtime/src/index.ts";
import { traceRequests } from "../../runtime/src/http/node.ts";

const [role, port] = process.argv.slice(2);
configure({ projectId: role ?? "", durability: "memory", propagate: true });

const answer = track((text: string) => text.toUpperCase(), { name: "answer" });
const ask = track(
  async (text: string) => (await fetch(`http://127.0.0.1:${port}/${text}`)).text(),
  { name: "ask" },
);

if (role === "callee") {
  const server = createServer(
    traceRequests((request, response) => void response.end(answer(request.url ?? ""))),
  );
  server.listen(0, "127.0.0.1", () => {
    process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
  });
  process.stdin.on("end", () => void flush(10_000).then(() => process.exit())).resume();
} else {
  const said = await withTrace("call", () => ask("hello"));
  await flush(10_000);
  process.stdout.write(`${said}\n`);
}
