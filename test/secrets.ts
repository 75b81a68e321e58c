// Texts and names that are secret, for the tests of what leaves the process.
// The secrets are put together at run time, so that no scanner takes this file for a leak.
export const join = (...parts: string[]): string => parts.join("");
/** Random-looking letters and digits, the same on every run. */
export function noise(length: number, alphabet = "aB3dE5fG7hJ9kLmN1pQrS2tUvW4xYz6"): string {
  let text = "";
  for (let i = 0; i < length; i++)
    text += alphabet[(i * 7 + (i % 5) * 3 + length) % alphabet.length];
  return text;
}
export const hex = (length: number): string => noise(length, "0123456789abcdef");
const base64 = (text: string): string => Buffer.from(text).toString("base64");
const pem = (kind: string): string =>
  join(
    "-----BEGIN ",
    kind,
    "PRIVATE KEY-----\n",
    `${noise(64)}\n`.repeat(24),
    "-----END ",
    kind,
    "PRIVATE KEY-----",
  );
const jwt = join("ey", "JhbGciOiJIUzI1NiJ9.", "ey", "JzdWIiOiIxMjM0NTY3ODkwIn0.", noise(43));

/** Texts that hold a secret: [text, what must not survive]. */
export const TEXTS: readonly (readonly [string, string])[] = [
  ...[
    join("AK", "IA", "IOSFODNN7EXAMPLE"),
    join("AS", "IA", "Y34FZKBOKMUTVV7A"),
    join("sk", "-", noise(48)),
    join("sk", "-proj-", noise(60)),
    join("sk", "-ant-api03-", noise(90)),
    join("sk", "-lf-", "1b2c3d4e-5f60-7182-93a4-b5c6d7e8f901"),
    join("sk", "_live_", noise(24)),
    join("rk", "_test_", noise(24)),
    join("gsk", "_", noise(52)),
    join("gh", "p_", noise(36)),
    join("gh", "o_", noise(36)),
    join("github", "_pat_", noise(22), "_", noise(59)),
    join("gl", "pat-", noise(20)),
    join("xo", "xb-", "123456789012-1234567890123-", noise(24)),
    join("xo", "xp-", "123456789012-", noise(24)),
    join("AI", "za", "SyD-", noise(31)),
    join("ya", "29.", noise(60)),
    join("GOC", "SPX-", noise(28)),
    join("SG", ".", noise(22), ".", noise(43)),
    join("h", "f_", noise(34)),
    join("np", "m_", noise(36)),
    join("py", "pi-AgEIcHlwaS5vcmc", noise(60)),
    join("xa", "i-", noise(60)),
    join("SK", hex(32)),
    join("key", "-", hex(32)),
    join("shp", "at_", hex(32)),
    join("dop", "_v1_", hex(64)),
    join("hv", "s.", noise(60)),
    join("dckr", "_pat_", noise(27)),
    join("whsec", "_", noise(32)),
    join("AGE-SEC", "RET-KEY-", "1QQPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"),
    join("1234567890", ":", "AA", noise(33)),
    jwt,
    pem("RSA "),
    pem(""),
    pem("EC "),
    pem("OPENSSH "),
  ].map((secret): [string, string] => [`before ${secret} after`, secret]),
  [join("Authorization: Bea", "rer ", noise(40)), noise(40)],
  [
    join("curl -H 'Authorization: Ba", "sic ", base64("aladdin:opensesame"), "' x"),
    base64("aladdin:opensesame"),
  ],
  [join("the header was ba", "sic ", base64("ada:lovelace9")), base64("ada:lovelace9")],
  [join("postgres://admin:", "hunter2hunter2", "@db.internal:5432/app"), "hunter2hunter2"],
  [join("connect to mongodb+srv://u:", "s3cr-et", "@cluster0.x.mongodb.net"), "s3cr-et"],
  [join("redis://:", "p4ssw0rd", "@127.0.0.1:6379 is down"), "p4ssw0rd"],
  [join("https://api.example.com/v1?api", "_key=", "zq81kk20&user=7"), "zq81kk20"],
  [join("https://x.com/cb?access", "_token=", "tok-91aa&state=1"), "tok-91aa"],
  [join("https://acc.blob.core.windows.net/c?sv=2022&si", "g=", "ab%2Bcd%3D&se=1"), "ab%2Bcd%3D"],
  [join("https://b.s3.amazonaws.com/k?X-Amz-Security-", "Token=", noise(30)), noise(30)],
  [join("Server=db;User Id=sa;Pass", "word=", "correcthorse;Encrypt=true"), "correcthorse"],
  [join("AccountName=x;Account", "Key=", "Zm9vYmFy1234==;EndpointSuffix=y"), "Zm9vYmFy1234"],
  [join("Endpoint=sb://x/;SharedAccess", "Key=", "q1w2e3r4t5=;Entity=z"), "q1w2e3r4t5"],
  [join('{"user":"ada","api', '_key":"', "plain-looking", '"}'), "plain-looking"],
  [join('{"a":{"pass', 'word" : "', 'with \\" quote inside', '"}}'), "quote inside"],
  [join('"{\\"client', 'Secret\\":\\"', "abcdefgh", '\\",\\"a\\":1}"'), "abcdefgh"],
  [join("{'refresh", "_token': '", "python-repr", "'}"), "python-repr"],
  [join('{"creden', 'tials":{"user":"u1","value":"', "deep-down", '"},"n":1}'), "deep-down"],
  [join("pass", "word: ", "hunter2!xyz and more"), "hunter2!xyz"],
  [join("AWS_SECRET_ACCESS_", "KEY=", noise(40)), noise(40)],
  [join("export OPENAI_API_", "KEY='", "letters-only-value", "'"), "letters-only-value"],
  [join("Set-Cookie: si", "d=", "abcdef123; Path=/; HttpOnly"), "abcdef123"],
  [join("x-api-", "key: ", "f00dfeed99"), "f00dfeed99"],
  [join("https://hooks.sl", "ack.com/services/", "T000/B000/", noise(24)), noise(24)],
];

/** Names whose value is a secret. */
export const NAMES: readonly string[] = [
  "apiKey", "api_key", "API_KEY", "x-api-key", "X-Goog-Api-Key", "openAIApiKey", "apikey", "OPENAI_API_KEY",
  "authorization", "Authorization", "proxy-authorization", "password", "Password", "userPassword", "password_hash",
  "newPassword", "dbPassword", "PGPASSWORD", "passwd", "MYSQL_PWD", "passphrase", "secret", "clientSecret",
  "client_secret", "CLIENT-SECRET", "appSecret", "webhookSecret", "secrets", "token", "accessToken", "access_token",
  "refresh_token", "idToken", "sessionToken", "csrfToken", "x-amz-security-token", "authToken", "botToken", "tokenValue",
  "accessTokens", "cookie", "Cookie", "set-cookie", "sessionCookie", "privateKey", "private_key", "signingKey",
  "encryptionKey", "AWS_SECRET_ACCESS_KEY", "secretAccessKey", "accessKeyId", "connectionString", "connection_string",
  "credential", "credentials", "awsCredentials", "jwt", "accountKey", "sharedAccessKey", "smtp_pass", "dbPass",
  "langfuseSecretKey", "service_role_key", "accesstoken", "clientsecret", "masterKey", "pass", "sshKey",
]; // prettier-ignore
