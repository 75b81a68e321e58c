// A queue's URL → where the SDK sends requests, and as whom; the processor compiles this file in.
// Invariant: imports nothing; a queue on this machine never sees what the user's profile holds.

/** Queues whose host the SDK finds by itself, from the region. */
const AMAZON = /(^|\.)(amazonaws\.com(\.cn)?|api\.aws)$/;

/** The SDK follows the queue URL's host only where `endpoint` is not given, and warns then. */
export function endpointFor(url: string, endpoint: string | undefined): string | undefined {
  if (endpoint !== undefined) return endpoint;
  const { hostname, origin } = new URL(url);
  return AMAZON.test(hostname) ? undefined : origin;
}

/** What a client of the SDK takes to know who asks. */
export interface Identity {
  readonly profile?: string;
  readonly credentials?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
}

const LOOPBACK = /^(?:(?:.+\.)?localhost|127(?:\.\d{1,3}){3}|\[::1\])$/i;

/**
 * A queue on this machine is an emulator's, which takes any credentials but wants some: those of
 * the environment, else made-up ones. It never gets what a profile holds.
 */
export function identityFor(
  endpoint: string,
  profile: string | undefined,
  env: NodeJS.ProcessEnv,
): Identity {
  if (!LOOPBACK.test(new URL(endpoint).hostname)) return profile === undefined ? {} : { profile };
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = env;
  if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY)
    return { credentials: { accessKeyId: "local", secretAccessKey: "local" } };
  return {
    credentials: {
      accessKeyId: AWS_ACCESS_KEY_ID,
      secretAccessKey: AWS_SECRET_ACCESS_KEY,
      ...(AWS_SESSION_TOKEN ? { sessionToken: AWS_SESSION_TOKEN } : {}),
    },
  };
}
