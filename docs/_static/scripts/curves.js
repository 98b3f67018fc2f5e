// Curves that the reader can switch off and on, drawn over the picture that the page shows.
// The page has the controls and the numbers (twolayer_docs/figures/files.py).
(() => {
  "use strict";

  const { svg, range, fixed, format, axes } = stepChart;

  function show(box) {
    const data = JSON.parse(box.querySelector("[data-curves]").textContent);
    const picture = box.querySelector(".figure-pair");
    const slider = box.querySelector("input[type=range]");
    const at = box.querySelector(".curves-at");
    const status = box.querySelector("output");
    const rows = [...box.querySelectorAll("li")];
    const boxes = rows.map((row) => row.querySelector("input"));
    const markers = rows.map((row) => row.querySelector(".curve-marker").getAttribute("d"));
    const last = Number(slider.max);
    const chart = svg("svg", {
      class: "curves-chart",
      role: "img",
      "aria-label": picture.querySelector("img").alt,
    });
    let place, dots, line, talk;
    let groups = [];

    // Each curve has its markers at steps of its own, so that one does not hide the others.
    function curve({ values }, i) {
      const group = svg("g", { class: `curve curve-${i + 1}` }, chart);
      const { x, y, left, right } = place;
      const points = values.map((value, step) => `${fixed(x(step))} ${fixed(y(value))}`);
      svg("path", { class: "curve-line", d: `M${points.join("L")}` }, group);
      const stride = Math.max(1, Math.round((last * 34) / (right - left)));
      for (const step of range(Math.round((i * stride) / data.curves.length), last, stride)) {
        const transform = `translate(${points[step]})`;
        svg("path", { class: "curve-marker", d: markers[i], transform }, group);
      }
      return group;
    }

    function draw() {
      const { clientWidth: width, clientHeight: height } = picture;
      if (!width) return;
      const all = [...data.curves.flatMap((c) => c.values), ...data.levels.map((l) => l.value)];
      const powers = all.filter((value) => value > 0).map(Math.log10);
      const low = Math.floor(Math.min(...powers));
      const high = Math.ceil(Math.max(...powers));
      chart.replaceChildren();
      chart.setAttribute("viewBox", `0 0 ${width} ${height}`);
      place = axes(chart, { ...data, width, height, last, low, high });
      line = svg("path", { class: "reading" }, chart);
      groups = data.curves.map(curve);
      dots = groups.map((group) => svg("circle", { class: "curve-marker", r: 5 }, group));
      picture.append(chart);
      box.classList.add("drawn");
      read();
    }

    function sentence(step, shown) {
      if (!shown.length) return say("No curve is shown.");
      const values = shown.map((i) => data.curves[i].values[step]).sort((a, b) => a - b);
      const [least, most] = [values[0], values.at(-1)].map((value) => format(value, data.digits));
      const where = say("At {0} {1},", data.x.replace(/ \w$/, ""), step);
      if (shown.length === 1) return say("{0} {1} is at {2}.", where, data.curves[shown[0]].name, most);
      if (least === most) return say("{0} the {1} curves agree to the digits shown: {2}.", where, shown.length, most);
      return say("{0} the {1} curves are between {2} and {3}.", where, shown.length, least, most);
    }

    function read() {
      if (!line) return;
      const step = Number(slider.value);
      const shown = boxes.flatMap((box, i) => (box.checked ? [i] : []));
      at.textContent = step;
      const { x, y, top, bottom } = place;
      line.setAttribute("d", `M${fixed(x(step))} ${top}V${bottom}`);
      data.curves.forEach(({ values, line: joined }, i) => {
        const { checked } = boxes[i];
        groups[i].classList.toggle("faint", !joined && shown.length > 2);
        groups[i].classList.toggle("off", !checked);
        dots[i].setAttribute("cx", x(step));
        dots[i].setAttribute("cy", y(values[step]));
        rows[i].lastChild.textContent = checked ? format(values[step], data.digits) : "";
      });
      // A screen reader hears the sentence when the reader has stopped, not at each step.
      clearTimeout(talk);
      talk = setTimeout(() => { status.textContent = sentence(step, shown); }, 300);
    }

    // Until the reader does something, nothing is to be said.
    function use() {
      status.setAttribute("aria-live", "polite");
      read();
    }

    function point(event) {
      if (event.type === "pointermove" && event.pointerType === "touch" && !event.buttons) return;
      const { left, right } = place;
      const from = event.clientX - chart.getBoundingClientRect().left;
      slider.value = Math.round(((from - left) / (right - left)) * last);
      use();
    }

    chart.addEventListener("pointermove", point);
    chart.addEventListener("pointerdown", point);
    box.addEventListener("input", use);
    box.querySelector(".curves-buttons").addEventListener("click", ({ target }) => {
      if (!target.value) return;
      for (const check of boxes) check.checked = target.value === "all";
      use();
    });
    rows.forEach((row, i) => {
      const choose = (on) => () => {
        groups[i]?.classList.toggle("chosen", on);
        if (on && groups[i]) chart.append(groups[i]);
      };
      row.addEventListener("pointerenter", choose(true));
      row.addEventListener("focusin", choose(true));
      row.addEventListener("pointerleave", choose(false));
      row.addEventListener("focusout", choose(false));
    });
    new ResizeObserver(draw).observe(picture);
  }

  document.querySelectorAll(".curves").forEach(show);
})();
