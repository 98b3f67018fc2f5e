// What html-validate holds the pages to: the HTML standard. Each exception has its reason.

module.exports = {
  root: true,
  extends: ["html-validate:standard"],
  rules: {
    // The templates of Sphinx and the theme leave spaces, which no reader meets.
    "no-trailing-whitespace": "off",
    // `<br />` and `<br>` are the same element; docutils writes one, the theme the other.
    "void-style": "off",
    // `<!doctype html>` may be written in either case.
    "doctype-style": "off",
    // An API's anchor is its name, such as `twolayer.fit`, and the standard asks for no spaces only.
    "valid-id": ["error", { relaxed: true }],
  },
};
