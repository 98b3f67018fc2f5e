// Search as you type: in a dialog that "/" and Ctrl-K open, and on the page search.html.
//
// The site's index is Pagefind's. A browser lets no script fetch it from a folder (file:), so there an
// index that is itself a script takes its place.
(() => {
  "use strict";

  const root = new URL(document.documentElement.dataset.content_root, location.href).href;
  const MOST = 10;

  function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  function load(script) {
    return new Promise((resolve, reject) => {
      const tag = element("script", { src: new URL(script, root).href });
      tag.addEventListener("load", resolve);
      tag.addEventListener("error", () => reject(new Error(`${script} is not there`)));
      document.head.append(tag);
    });
  }

  // An engine gives, for words, a list of {url, title, excerpt, parts: [{url, title, excerpt}]}; the
  // excerpts are HTML of the engine's own making, with each word found in <mark>.
  async function pagefind() {
    const engine = await import(new URL("pagefind/pagefind.js", root).href);
    await engine.options({ baseUrl: root, excerptLength: 24 });
    await engine.init();
    return async (words) => {
      const { results } = await engine.search(words);
      const best = await Promise.all(results.slice(0, MOST).map((result) => result.data()));
      // For a word that no page has, Pagefind gives pages with words that begin alike; a letter is too little.
      const heads = words.toLowerCase().split(/[^\p{L}\p{N}]+/u).filter(Boolean).map((word) => word.slice(0, 4));
      const alike = (excerpt) => [...excerpt.matchAll(/<mark>(.*?)<\/mark>/g)]
        .some(([, mark]) => heads.some((head) => mark.toLowerCase().includes(head)));
      const pages = best.filter((page) =>
        [page.excerpt, ...page.sub_results.map((part) => part.excerpt)].some(alike));
      return {
        count: pages.length && results.length - (best.length - pages.length),
        pages: pages.map((page) => ({
          url: page.url,
          title: page.meta.title,
          excerpt: page.excerpt,
          parts: page.sub_results
            .filter((part) => part.url.includes("#"))
            .slice(0, 3)
            .map(({ url, title, excerpt }) => ({ url, title, excerpt })),
        })),
      };
    };
  }

  async function fromFolder() {
    await load("_static/offline/minisearch.js");
    await load("_static/offline/search.js");
    return window.twolayerOfflineSearch(root, MOST);
  }

  let engine;
  const start = () => (engine ??= (location.protocol === "file:" ? fromFolder : pagefind)());

  function shown(result, inside) {
    const link = element("a", { href: result.url });
    const excerpt = element(inside ? "span" : "p", { class: "search-excerpt" });
    link.append(element("span", { class: "search-title" }, result.title));
    excerpt.innerHTML = result.excerpt;
    link.append(excerpt);
    return link;
  }

  // The search itself: a field, a line that says how much was found, and the list.
  function field(place) {
    const input = element("input", {
      type: "search", "aria-label": "Search this site", placeholder: "Search this site",
      autocomplete: "off", spellcheck: "false", enterkeyhint: "search",
    });
    const status = element("p", { class: "search-status", role: "status" });
    const list = element("ol", { class: "search-results", "aria-label": "Results" });
    place.append(element("div", { class: "search-field" }, input), status, list);

    // One search at a time: one that is begun while another fetches a part of the index does without that part.
    let latest = 0;
    let last = Promise.resolve();
    function search() {
      const words = input.value.trim();
      const mine = ++latest;
      list.setAttribute("aria-busy", String(Boolean(words)));
      if (words) {
        last = last.then(() => answer(words, mine));
      } else {
        status.textContent = "";
        list.replaceChildren();
      }
    }

    async function answer(words, mine) {
      if (mine !== latest) return;
      try {
        const found = await (await start())(words);
        if (mine !== latest) return;
        list.replaceChildren(...found.pages.map((page) => {
          const item = element("li", {}, shown(page, false));
          if (page.parts.length) {
            const parts = page.parts.map((part) => element("li", {}, shown(part, true)));
            item.append(element("ul", {}, ...parts));
          }
          return item;
        }));
        status.textContent = found.count
          ? `${found.count} page${found.count === 1 ? "" : "s"}`
          : `Nothing found for “${words}”`;
      } catch (error) {
        list.replaceChildren();
        status.textContent = "The search index can't be loaded. The index of names still works: ";
        status.append(element("a", { href: new URL("genindex.html", root).href }, "index"), ".");
      } finally {
        if (mine === latest) list.setAttribute("aria-busy", "false");
      }
    }
    input.addEventListener("input", search);
    input.addEventListener("focus", () => start().catch(() => {}), { once: true });

    // Up and down walk through the results, and back to the field.
    place.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (event.key === "Enter" && event.target === input) {
        list.querySelector("a")?.click();
      } else if (step) {
        const stops = [input, ...list.querySelectorAll("a")];
        const next = stops[stops.indexOf(document.activeElement) + step];
        if (next) next.focus();
      } else {
        return;
      }
      event.preventDefault();
    });
    return { input, search };
  }

  let dialog, inDialog;
  function open(words) {
    if (!dialog) {
      const close = element("button", { type: "button", class: "search-close", "aria-label": "Close search" }, "Esc");
      dialog = element("dialog", { class: "search-dialog", "aria-label": "Search" });
      inDialog = field(dialog);
      dialog.querySelector(".search-field").append(close);
      close.addEventListener("click", () => dialog.close());
      dialog.addEventListener("click", (event) => {
        if (event.target === dialog || event.target.closest(".search-results a")) dialog.close();
      });
      document.body.append(dialog);
    }
    if (!dialog.open) dialog.showModal();
    if (words !== undefined) inDialog.input.value = words;
    inDialog.input.focus();
    if (words === undefined) inDialog.input.select();
    else inDialog.search();
  }

  function main() {
    const page = document.getElementById("search-page");
    const onPage = page && field(page);
    if (onPage) {
      onPage.input.value = new URLSearchParams(location.search).get("q") ?? "";
      onPage.search();
      onPage.input.addEventListener("input", () => {
        const query = onPage.input.value ? `?q=${encodeURIComponent(onPage.input.value)}` : location.pathname;
        history.replaceState(null, "", query);
      });
    }
    document.querySelectorAll(".sidebar-search").forEach((input) => {
      input.addEventListener("focus", () => start().catch(() => {}), { once: true });
      input.addEventListener("input", () => {
        const words = input.value;
        input.value = "";
        open(words);
      });
      input.addEventListener("click", () => open());
      input.form.addEventListener("submit", (event) => {
        event.preventDefault();
        open();
      });
    });
    document.addEventListener("keydown", (event) => {
      const typing = event.target.closest?.("input:not([type=checkbox],[type=range]), textarea, select, [contenteditable]");
      const slash = event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey;
      const controlK = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
      if (slash || controlK) {
        event.preventDefault();
        open();
      }
    });
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", main);
  else main();
})();
