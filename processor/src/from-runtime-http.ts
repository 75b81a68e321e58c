// What the runtime sends requests with → compiled in here, for the sinks that speak HTTP.
export { createAgents } from "../../runtime/src/sinks/http/exchange.ts";
export { type Answer, meaningOf } from "../../runtime/src/sinks/otlp/answer.ts";
export { post } from "../../runtime/src/sinks/otlp/post.ts";
