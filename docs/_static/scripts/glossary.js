// Glossary terms explain themselves on hovering and on focus. Without this script the browser shows the
// definition on hovering, since it stands in the link's title.
(() => {
  "use strict";

  function main() {
    const terms = document.querySelectorAll("a.glossary-link[title]");
    if (!terms.length) return;
    const note = document.createElement("div");
    note.id = "glossary-note";
    note.className = "glossary-note";
    note.setAttribute("role", "tooltip");
    note.hidden = true;
    document.body.append(note);
    let shown = null;
    let leaving = 0;

    function hide() {
      clearTimeout(leaving);
      if (!shown) return;
      shown.removeAttribute("aria-describedby");
      shown = null;
      note.hidden = true;
    }

    function show(term) {
      clearTimeout(leaving);
      if (shown === term) return;
      hide();
      shown = term;
      note.textContent = term.dataset.definition;
      term.setAttribute("aria-describedby", note.id);
      note.hidden = false;
      // The link may run over two lines; the note belongs to the first.
      const [place] = term.getClientRects();
      const room = document.documentElement.clientWidth;
      const left = Math.max(8, Math.min(place.left, room - note.offsetWidth - 8));
      const below = place.bottom + 6;
      const above = place.top - note.offsetHeight - 6;
      const top = below + note.offsetHeight > innerHeight && above > 0 ? above : below;
      note.style.left = `${left + scrollX}px`;
      note.style.top = `${top + scrollY}px`;
    }

    // The pointer may move onto the note and stay there.
    const leave = () => {
      clearTimeout(leaving);
      leaving = setTimeout(hide, 200);
    };
    for (const term of terms) {
      term.dataset.definition = term.title;
      term.removeAttribute("title");
      term.addEventListener("pointerenter", (event) => event.pointerType !== "touch" && show(term));
      term.addEventListener("pointerleave", leave);
      term.addEventListener("focus", () => term.matches(":focus-visible") && show(term));
      term.addEventListener("blur", hide);
    }
    note.addEventListener("pointerenter", () => clearTimeout(leaving));
    note.addEventListener("pointerleave", leave);
    document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", main);
  else main();
})();
