// What the runtime has for itself alone → compiled in here, so that both ends agree. This file and
// the next are the only doors between the two packages' sources; what speaks HTTP is apart, because
// node:http takes 15 ms to load.
export { resolveOptions } from "../../runtime/src/config/resolve.ts";
export { isEmpty, filled, jsonText } from "../../runtime/src/otlp/attributes.ts";
export { ownMetadata } from "../../runtime/src/otlp/fields.ts";
export { providerOf } from "../../runtime/src/otlp/genai.ts";
export { tellsRoot } from "../../runtime/src/otlp/request.ts";
export { endpointFor, identityFor } from "../../runtime/src/sinks/sqs/address.ts";
