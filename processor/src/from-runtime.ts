// What the runtime has for itself alone → compiled in here, so that both ends agree. The one door between the two packages' sources.
export { endpointFor, identityFor } from "../../runtime/src/sinks/sqs/address.ts";
