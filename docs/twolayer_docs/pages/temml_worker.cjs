// Turns TeX into MathML, one JSON object a line on each side, until standard input ends.
//
// In:  {"tex": "x^2", "display": false}
// Out: {"mathml": "<math>...</math>"}  or  {"error": "what Temml says"}
"use strict";

const temml = require(process.argv[2]);
const readline = require("node:readline");

readline.createInterface({ input: process.stdin, terminal: false }).on("line", (line) => {
  let answer;
  try {
    const { tex, display } = JSON.parse(line);
    const options = { displayMode: display, throwOnError: true, annotate: true, xml: false };
    answer = { mathml: temml.renderToString(tex, options) };
  } catch (error) {
    answer = { error: String(error.message || error) };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
});
