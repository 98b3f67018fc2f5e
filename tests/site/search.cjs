// Runs the site's search, the very file that readers load, in node: for each query of the list on standard
// input it gives the answer that a page would show.
const { readFileSync } = require("node:fs");
const { runInThisContext } = require("node:vm");

runInThisContext(readFileSync(process.argv[2], "utf8"));
const queries = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(queries.map((words) => globalThis.twolayerSearch(words, 10))));
