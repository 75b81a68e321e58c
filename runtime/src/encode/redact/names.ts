// The name of a field or parameter → whether what stands under it is a secret.
// Invariant: we judge word by word, in any spelling, never by substring: `author` passes. What
// counts or describes secrets is none: `max_tokens`.

/** A word that is secret wherever it stands in the name, also where several are written as one. */
const SECRET_WORD = new RegExp(
  `^(?:${[
    "secrets?|passcode|credentials?|creds|jwt",
    // Whatever comes before: `dbpassword`.
    "[a-z]*(?:passwords?|passwd|passphrase)",
    // `privatekey`, `accesstoken`: only after a word that says what they open. `monkey` and
    // `keytoken` pass.
    "(?:secret|private|access|auth|signing|encryption|account|storage|master)keys?",
    "(?:deploy|ssh|session|x?api|(?:aws)?secretaccess)keys?",
    "(?:api|access|auth|refresh|session|id|bearer|csrf|xsrf|security|oauth|csrfmiddleware|jwt)token",
    "(?:client|app|api|shared|consumer|webhook|jwt|oauth)secret",
    // `setCookie` is two words, of which the last decides.
    "connectionstring|connstr|setcookie|sessioncookie",
    // Variables of PostgreSQL, Redis and Java's keytool.
    "pgpass|requirepass|storepass|keypass",
  ].join("|")})$`,
);

/** A word that is secret as the last one. */
const SECRET_LAST = new Set(["token", "cookie", "cookies", "authorization", "pwd", "otp", "totp"]);

/**
 * Words that turn `… key` into a secret; `publicKey`, `primaryKey`, `cacheKey` and `routingKey`
 * stay readable.
 */
const BEFORE_KEY = new Set(
  (
    "api access secret private signing encryption encrypt decryption cipher hmac crypto auth account " +
    "subscription shared master service ssh rsa ecdsa storage admin session webhook function deploy " +
    "role server license rest"
  ).split(" "),
);

/** Words that keep `… token` readable: vocabulary, positions, prices and pages. */
const BEFORE_TOKEN = new Set(
  (
    "first last next prev previous page pagination continuation per each inter eos bos pad unk sep " +
    "cls mask stop start end special new max min num n total by prompt input output completion cached " +
    "image audio text top best draft sampled added oov current single sync delta"
  ).split(" "),
);

/** Words that make a plural `… tokens` a list of secrets and not a count. */
const BEFORE_TOKENS = new Set(
  "access refresh auth bearer session api csrf id oauth device".split(" "),
);

/** Words that make `… pass` a password; `firstPass` and `renderPass` stay readable. */
const BEFORE_PASS = new Set(
  (
    "db database smtp mail email user redis mysql postgres pg mongo admin root ftp sftp ssh imap proxy " +
    "http https basic auth sudo vault rabbitmq amqp wifi login ldap key store my"
  ).split(" "),
);

/** A last word that says something *about* a secret. */
const ABOUT = new Set(
  (
    "name names arn count counts length len size type types policy strength min max required enabled " +
    "disabled expiry expires expiration at ttl age version manager provider rotation field fields label " +
    "hint usage limit limits url uri path file dir format prefix endpoint issuer algorithm scope scopes " +
    "status valid validator present exists set changed rules regex pattern attempts reset error errors " +
    "message kind source owner days policyname store"
  ).split(" "),
);

/** A last word that changes nothing: the value is still the secret. */
const STILL = new Set(
  (
    "value values header headers plain plaintext text string str raw env base64 encrypted encoded old new " +
    "current confirm confirmation repeat again primary secondary default hash code"
  ).split(" "),
);

/** Longer names are judged by their end: what a name says, it says there. */
export const LONGEST_NAME = 128;

const SPLIT = /[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_]+/g;

/** Words that are written as names are, perhaps with a number: `confirm_password`, `address1`. */
const WORDS = /^[A-Za-z][A-Za-z._-]*\d{0,2}$/;
/** Letters a word on average. Random letters of both cases make words of two. */
const SHORTEST_WORDS = 3;

/** Rather a name than a secret. */
export function isName(text: string): boolean {
  return (
    text.length <= LONGEST_NAME &&
    WORDS.test(text) &&
    text.length >= wordsOf(text).length * SHORTEST_WORDS
  );
}

const SHORTEST_TOKEN = 6;
const NO_TOKEN = /\s|^(?:https?:|\.{0,2}\/)/;

/** Rather a secret than words, a path or an address. */
export function isToken(text: string): boolean {
  return text.length >= SHORTEST_TOKEN && !isName(text) && !NO_TOKEN.test(text);
}

/** `openAIApiKey` → open, ai, api, key. */
export function wordsOf(name: string): string[] {
  return (name.match(SPLIT) ?? []).map((word) => word.toLowerCase());
}

function isSecret(words: readonly string[]): boolean {
  let end = words.length;
  const about = end > 1 && ABOUT.has(words[end - 1] ?? "");
  while (end > 1 && STILL.has(words[end - 1] ?? "")) end--;
  const last = words[end - 1] ?? "";
  const before = words[end - 2] ?? "";
  // The last word says what the value is, so it decides first: `accessToken` is a token,
  // `nextToken` a page, `inputTokens` a count.
  if (last === "token") return !BEFORE_TOKEN.has(before);
  if (last === "tokens") return BEFORE_TOKENS.has(before);
  if (SECRET_LAST.has(last)) return true;
  if (last === "pass") return end === 1 || BEFORE_PASS.has(before);
  // `password_length`, `basicAuth`: the words below would take them for secrets.
  if (about || last === "auth") return false;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? "";
    if (SECRET_WORD.test(word)) return true;
    const next = words[i + 1];
    if ((next === "key" || next === "keys") && BEFORE_KEY.has(word)) return true;
    if (word === "connection" && next === "string") return true;
    if (word === "conn" && next === "str") return true;
  }
  return false;
}

function contains(words: readonly string[], wanted: readonly string[]): boolean {
  if (wanted.length === 0) return false;
  for (let i = 0; i + wanted.length <= words.length; i++) {
    if (wanted.every((word, k) => words[i + k] === word)) return true;
  }
  return words.join("") === wanted.join("");
}

/** The verdict for one name; `extra` are the user's own secret names, matched by the same words. */
export function secretName(name: string, extra: readonly (readonly string[])[]): boolean {
  if (name === "PWD" || name === "OLDPWD") return false; // the shell's working directory
  const words = wordsOf(name.length > LONGEST_NAME ? name.slice(-LONGEST_NAME) : name);
  return isSecret(words) || extra.some((wanted) => contains(words, wanted));
}
