// A server's answer → one line on stderr where a person has to do something, once for each cause.
// Invariant: no line holds a key or a header.
import { type Answer, isUntrusted, partialSuccessIn } from "./answer.ts";

export function notice(
  server: string,
  report: (reason: string, sentence: string) => void,
): (answer: Answer) => void {
  return (answer) => {
    const { status, text } = answer;
    if (isUntrusted(answer)) {
      report(
        `untrusted ${server}`,
        `${server} shows a certificate that is not trusted (${answer.failure}): traces are kept. For Langfuse on your own server, LANGFUSE_VERIFY_SSL=false takes any (LLMOPS3003)`,
      );
    } else if (status === 401 || status === 403) {
      report(
        `refused ${server}`,
        `${server} answers ${status}: check the keys, and that they belong to this server and project; traces are kept (LLMOPS3006)`,
      );
    } else if (status >= 200 && status < 300) {
      const left = partialSuccessIn(text);
      if (left === undefined) return;
      report(
        `rejected spans ${server}`,
        `${server} rejected ${left.rejectedSpans} spans of traces that it took: ${left.message.slice(0, 200) || "it does not say why"} (LLMOPS3005)`,
      );
    }
  };
}
