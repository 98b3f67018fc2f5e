// Turns a list of formulas on standard input, each {"tex": "x^2", "display": false}, into a list of
// {"mathml": "<math>...</math>"} or {"error": "what Temml says"} on standard output.
"use strict";

const temml = require(process.argv[2]);
const formulas = JSON.parse(require("node:fs").readFileSync(0, "utf8"));

function rendered({ tex, display }) {
  const options = { displayMode: display, throwOnError: true, annotate: true, xml: false };
  try {
    return { mathml: temml.renderToString(tex, options) };
  } catch (error) {
    return { error: String(error.message || error) };
  }
}

process.stdout.write(JSON.stringify(formulas.map(rendered)));
