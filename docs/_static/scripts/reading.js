// Small helps for reading: drawers at the keyboard, folded outputs in print, wide graphs.
(() => {
  "use strict";

  // The theme opens its drawers with labels of check boxes that are not shown, which no keyboard reaches.
  function drawers() {
    for (const label of document.querySelectorAll("label.nav-overlay-icon, label.toc-overlay-icon")) {
      const box = document.getElementById(label.htmlFor);
      const site = box.id === "__navigation";
      const drawer = document.querySelector(site ? ".sidebar-drawer" : ".toc-drawer");
      const button = document.createElement("button");
      button.type = "button";
      button.className = label.className;
      button.setAttribute("aria-label", site ? say("Site navigation") : say("On this page"));
      button.append(...label.childNodes);
      label.replaceWith(button);
      const tell = () => button.setAttribute("aria-expanded", String(box.checked));
      tell();
      box.addEventListener("change", tell);
      button.addEventListener("click", (event) => {
        box.click();
        // A click with no pointer is the keyboard's.
        if (event.detail === 0 && box.checked) drawer.querySelector("a, input")?.focus();
      });
      drawer.addEventListener("keydown", (event) => {
        if (event.key !== "Escape" || !box.checked) return;
        box.click();
        button.focus();
      });
      drawer.addEventListener("click", (event) => {
        if (event.target.closest("a") && box.checked) box.click();
      });
    }
  }

  function folds() {
    let closed = [];
    addEventListener("beforeprint", () => {
      closed = [...document.querySelectorAll("article details:not([open])")];
      for (const fold of closed) fold.open = true;
    });
    addEventListener("afterprint", () => {
      for (const fold of closed) fold.open = false;
    });
  }

  // A graph that is wider than the screen begins at its result.
  function graphs() {
    for (const box of document.querySelectorAll(".graph-picture")) {
      const start = box.querySelector(".result").getBoundingClientRect();
      const { left, width } = box.getBoundingClientRect();
      box.scrollLeft = start.left + start.width / 2 - left - width / 2;
    }
  }

  // The same place on the page in the other language.
  function languages() {
    document.querySelector(".other-language a")?.addEventListener("click", ({ currentTarget: link }) => {
      link.hash = location.hash;
    });
  }

  function main() {
    languages();
    drawers();
    folds();
    graphs();
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", main);
  else main();
})();
