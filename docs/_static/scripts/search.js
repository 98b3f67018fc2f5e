// Search as you type: in a dialog that "/" and Ctrl-K open, and on the page search.html.
//
// The engine and its index are one script, loaded at the first search: a browser lets no page fetch anything
// else from a folder (file:). The build makes it of search_engine.js and the pages.
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

  let engine;
  function load() {
    engine ??= new Promise((resolve, reject) => {
      const script = element("script", { src: new URL("_static/search_index.js", root).href });
      script.addEventListener("load", () => resolve(window.twolayerSearch));
      script.addEventListener("error", () => reject(new Error("the search index can't be loaded")));
      document.head.append(script);
    });
    engine.catch(() => {});
    return engine;
  }

  function shown(result, inside) {
    const link = element("a", { href: new URL(result.url, root).href });
    link.append(element("span", { class: "search-title" }, result.title));
    if (result.excerpt) {
      const excerpt = element(inside ? "span" : "p", { class: "search-excerpt" });
      excerpt.innerHTML = result.excerpt;
      link.append(excerpt);
    }
    return link;
  }

  function item(page) {
    const made = element("li", {}, shown(page, false));
    const parts = page.parts.map((part) => element("li", {}, shown(part, true)));
    if (parts.length) made.append(element("ul", {}, ...parts));
    return made;
  }

  const said = (count, words) =>
    !count ? say("Nothing found for “{0}”", words.trim()) : count === 1 ? say("1 page") : say("{0} pages", count);

  // The search itself: a field, a line that says how much was found, and the list.
  function field(place) {
    const input = element("input", {
      type: "search", "aria-label": say("Search this site"), placeholder: say("Search this site"),
      autocomplete: "off", spellcheck: "false", enterkeyhint: "search",
    });
    const status = element("p", { class: "search-status", role: "status" });
    const list = element("ol", { class: "search-results", "aria-label": say("Results") });
    place.append(element("div", { class: "search-field" }, input), status, list);

    async function search() {
      const words = input.value;
      list.setAttribute("aria-busy", "true");
      try {
        const found = words.trim() ? (await load())(words, MOST) : null;
        // While the index was loaded, letters may have come that have a search of their own.
        if (words !== input.value) return;
        list.replaceChildren(...(found?.pages ?? []).map(item));
        status.textContent = found ? said(found.count, words) : "";
      } catch {
        list.replaceChildren();
        status.textContent = say("The search index can't be loaded. Instead, look in the index of names: ");
        status.append(element("a", { href: new URL("genindex.html", root).href }, say("Index")));
      }
      list.setAttribute("aria-busy", "false");
    }
    input.addEventListener("input", search);
    input.addEventListener("focus", load, { once: true });

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
      const close = element("button", { type: "button", class: "search-close", "aria-label": say("Close search") }, "Esc");
      dialog = element("dialog", { class: "search-dialog", "aria-label": say("Search") });
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
      input.addEventListener("focus", load, { once: true });
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
