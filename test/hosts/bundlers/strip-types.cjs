// A loader for webpack: TypeScript and JSX → JavaScript, by esbuild.
const { transform } = require("esbuild");

module.exports = async function stripTypes(source, map) {
  const done = this.async();
  const base64 = map && Buffer.from(JSON.stringify(map)).toString("base64");
  const inline = map ? `\n//# sourceMappingURL=data:application/json;base64,${base64}` : "";
  try {
    const options = {
      target: "es2022",
      ...this.getOptions(),
      loader: "tsx",
      sourcefile: this.resourcePath,
      sourcemap: true,
    };
    const { code, map: composed } = await transform(source + inline, options);
    done(null, code, composed);
  } catch (error) {
    done(error);
  }
};
