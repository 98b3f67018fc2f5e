// The search of a site that is read from a folder: MiniSearch over the records above this line.
window.twolayerOfflineSearch = (root, most) => {
  "use strict";
  const engine = new window.MiniSearch({
    fields: ["title", "text", "code", "page"],
    storeFields: ["page", "title", "url", "text", "code", "weight"],
    searchOptions: {
      boost: { title: 4, page: 2, text: 1, code: 0.3 },
      combineWith: "AND",
      prefix: true,
      boostDocument: (id, term, record) => record.weight,
      fuzzy: (term) => (term.length > 5 ? 0.15 : false),
    },
  });
  engine.addAll(window.twolayerRecords);

  const safe = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

  // Some words around the first match, with each match marked.
  function excerpt(found) {
    const matches = new RegExp(
      found.terms.map((term) => term.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|"), "gi");
    const text = found.text.search(matches) >= 0 ? found.text : found.code || found.text;
    const at = Math.max(text.search(matches), 0);
    const start = at < 60 ? 0 : text.indexOf(" ", at - 50) + 1;
    const cut = text.slice(start, start + 170);
    const whole = start + 170 >= text.length ? cut : `${cut.replace(/\s\S*$/, "")} …`;
    const marked = whole.split(matches);
    const words = whole.match(matches) ?? [];
    return (start ? "… " : "") + marked.map((piece, i) => safe(piece) + (words[i] ? `<mark>${safe(words[i])}</mark>` : "")).join("");
  }

  return async (words) => {
    const pages = new Map();
    for (const found of engine.search(words)) {
      const address = new URL(found.url, root);
      const part = { url: address.href, title: found.title, excerpt: excerpt(found) };
      address.hash = "";
      if (!pages.has(address.href)) {
        pages.set(address.href, { url: address.href, title: found.page, excerpt: part.excerpt, parts: [] });
      }
      if (part.url !== address.href && pages.get(address.href).parts.length < 3) {
        pages.get(address.href).parts.push(part);
      }
    }
    return { count: pages.size, pages: [...pages.values()].slice(0, most) };
  };
};
