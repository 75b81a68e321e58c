// OpenTelemetry's variables → the ones that the table of options names.
// Invariant: a variable for traces wins over the one for all signals («OTLP Exporter», 2026).

type Variables = Readonly<Record<string, string | undefined>>;

interface Settled {
  readonly env: Variables;
  readonly warnings: readonly string[];
}

const ALL = "OTEL_EXPORTER_OTLP_";
const TRACES = "OTEL_EXPORTER_OTLP_TRACES_";

export function settleOtel(env: Variables): Settled {
  const settled: Record<string, string | undefined> = { ...env };
  // Whoever switches OpenTelemetry's exporter off wants no traces sent by OTLP, by us neither.
  if (/^true$/i.test(env["OTEL_SDK_DISABLED"] ?? "") || env["OTEL_TRACES_EXPORTER"] === "none") {
    delete settled[`${TRACES}ENDPOINT`];
    return { env: settled, warnings: [] };
  }
  const base = env[`${ALL}ENDPOINT`];
  if (base) settled[`${TRACES}ENDPOINT`] ||= `${base.replace(/\/+$/, "")}/v1/traces`;
  for (const name of ["TIMEOUT", "COMPRESSION"]) settled[TRACES + name] ||= env[ALL + name];
  const headers = [env[`${ALL}HEADERS`], env[`${TRACES}HEADERS`]].filter(Boolean);
  if (headers.length > 0) settled[`${TRACES}HEADERS`] = headers.join(",");
  return { env: settled, warnings: settled[`${TRACES}ENDPOINT`] ? warningsOf(env) : [] };
}

function warningsOf(env: Variables): readonly string[] {
  const protocol = env[`${TRACES}PROTOCOL`] || env[`${ALL}PROTOCOL`];
  if (!protocol || protocol === "http/json") return [];
  return [
    `${ALL}PROTOCOL is ${JSON.stringify(protocol)}, but traces are sent as http/json; the endpoint must take that (LLMOPS3004)`,
  ];
}
