// The pages and exercises that the reader ticked, saved in this browser only.
(() => {
  "use strict";

  const KEY = "twolayer-progress";
  // By page: how many boxes it has, then the numbers of those ticked.
  let held = {};
  let refused = false;

  function read() {
    try {
      if (refused) return;
      const { version, pages } = JSON.parse(localStorage.getItem(KEY));
      const good = ([, ticks]) => ticks.length > 1 && ticks.every(Number.isInteger);
      held = version === 1 ? Object.fromEntries(Object.entries(pages).filter(good)) : {};
    } catch {
      held = {}; // Nothing yet, or another's.
    }
  }

  function keep(page, ticks) {
    if (ticks.length > 1) held[page] = ticks;
    else delete held[page];
    try {
      if (some()) localStorage.setItem(KEY, JSON.stringify({ version: 1, pages: held }));
      else localStorage.removeItem(KEY);
    } catch {
      refused = true; // From here on this page alone remembers.
    }
  }

  const some = () => Object.keys(held).length;
  const ticked = (page) => (Object.hasOwn(held, page) ? held[page] : [0]).slice(1);
  const done = (page) => ticked(page).length >= held[page]?.[0];

  function main() {
    const place = document.querySelector(".progress");
    const page = place?.dataset.page;
    const root = new URL(document.documentElement.dataset.content_root, location.href).pathname;
    const named = (link) => link.pathname.slice(root.length).replace(".html", "");
    const links = [...document.querySelectorAll(".sidebar-tree a, .card-title a, .rung-title a")];
    const boxes = [];
    let said, forget;

    function show() {
      for (const box of boxes) box.checked = ticked(page).includes(+box.value);
      for (const link of links) {
        link.querySelector(".progress-mark")?.remove();
        const { length } = ticked(named(link));
        const part = done(named(link)) ? "" : say("{0} of {1}", length, held[named(link)]?.[0]);
        if (length) link.insertAdjacentHTML("beforeend", `<span class="progress-mark ${part && "some"}">
          <span role="img" aria-label="${part ? say("{0} done", part) : say("done")}">${part || "✓"}</span></span>`);
      }
      if (!forget) return;
      const pages = links.filter((link) => link.closest(".sidebar-tree")).map(named)
        .filter((name) => !/^reference|index$/.test(name));
      forget.hidden = !some();
      said.textContent = some() ? say("{0} of {1} pages done", pages.filter(done).length, pages.length) : "";
    }

    function store(numbers) {
      keep(page, [boxes.length, ...boxes.map((box) => +box.value).filter((n) => numbers.includes(n))]);
      show();
    }

    function offer(where, number, words) {
      where.insertAdjacentHTML("beforeend", `<div class="tick"><label><input type="checkbox"
        value="${number}">${words}</label><span role="status"></span></div>`);
      const [box, status] = where.lastChild.querySelectorAll("input, span");
      boxes.push(box);
      box.addEventListener("change", () => {
        const { checked } = box;
        read();
        store(ticked(page).filter((n) => n !== number).concat(checked ? number : []));
        status.textContent = !checked ? "" : refused ? say("This browser can't save it.") : say("Saved in this browser only.");
      });
    }

    read();
    if (page === "index") {
      place.innerHTML = `<p role="status" tabindex="-1"></p><button type="button">${say("Clear all ticks")}</button>`;
      [said, forget] = place.children;
      forget.addEventListener("click", () => {
        if (!confirm(say("Clear all ticks?"))) return;
        held = {};
        keep(page, []);
        show();
        said.textContent = say("All ticks cleared");
        said.focus();
      });
    } else if (page) {
      for (const { textContent, parentElement } of document.querySelectorAll("section.exercise > h2")) {
        const number = +/\d+/.exec(textContent)[0];
        offer(parentElement, number, say("I have solved exercise {0}", number));
      }
      if (!boxes.length) offer(place, 1, say("I have worked through this page"));
      // Since then the page may have got more exercises.
      if (ticked(page).length) store(ticked(page));
    }
    show();
    const again = () => {
      read();
      show();
    };
    addEventListener("storage", again);
    addEventListener("pageshow", again);
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", main);
  else main();
})();
