// Curves that the reader can switch off and on, drawn over the picture that the page shows.
// The page has the controls and the numbers (twolayer_docs/figures/files.py).
(() => {
  "use strict";

  const svg = (name, attributes, parent) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    parent?.append(element);
    return element;
  };
  const write = (text, attributes, parent) => {
    svg("text", attributes, parent).textContent = text;
  };
  const range = (from, to, step) =>
    Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => from + i * step);

  // 3.1520e+07, as the page's tables have it; JavaScript alone would give 3.1520e+7.
  const format = (value, digits) =>
    value === 0 ? "0" : value.toExponential(digits - 1).replace(/([+-])(\d)$/, "$10$2");

  // The least of 1, 2, 5, 10, 20, 50 … that is large enough.
  const roundStep = (least) => {
    const power = 10 ** Math.floor(Math.log10(least));
    return [1, 2, 5, 10].find((factor) => factor * power >= least) * power;
  };

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
    let left, right, top, bottom, low, high, dots, line, talk;
    let groups = [];

    const x = (step) => left + (step / last) * (right - left);
    // What an axis of powers can't show, 0, lies on its lower end.
    const y = (value) => {
      const power = value > 0 ? Math.log10(value) : low;
      return bottom - ((power - low) / (high - low)) * (bottom - top);
    };
    const fixed = (number) => number.toFixed(1);

    function axes() {
      write(data.title, { x: (left + right) / 2, y: 16, "text-anchor": "middle", "font-size": 14 }, chart);
      write(data.x, { x: (left + right) / 2, y: bottom + 36, "text-anchor": "middle" }, chart);
      const middle = (top + bottom) / 2;
      const turned = { x: 14, y: middle, "text-anchor": "middle", transform: `rotate(-90 14 ${middle})` };
      write(data.y, turned, chart);
      for (const step of range(0, last, roundStep((last * 60) / (right - left)))) {
        svg("path", { class: "grid", d: `M${fixed(x(step))} ${top}V${bottom}` }, chart);
        write(step, { x: x(step), y: bottom + 17, "text-anchor": "middle" }, chart);
      }
      const every = Math.ceil(((high - low) * 28) / (bottom - top));
      for (const power of range(Math.ceil(low / every) * every, high, every)) {
        const height = y(10 ** power);
        svg("path", { class: "grid", d: `M${left} ${fixed(height)}H${right}` }, chart);
        const label = svg("text", { x: left - 6, y: height + 4, "text-anchor": "end" }, chart);
        label.append("10", svg("tspan", { dy: -5, "font-size": 9 }));
        label.lastChild.textContent = String(power).replace("-", "−");
      }
      svg("path", { class: "frame", d: `M${left} ${top}V${bottom}H${right}V${top}Z` }, chart);
      for (const { name, value } of data.levels) {
        svg("path", { class: "level", d: `M${left} ${fixed(y(value))}H${right}` }, chart);
        const above = y(value) - 5;
        write(name, { x: right - 6, y: above > top + 10 ? above : above + 20, "text-anchor": "end" }, chart);
      }
    }

    // Each curve has its markers at steps of its own, so that one does not hide the others.
    function curve({ values }, i) {
      const group = svg("g", { class: `curve curve-${i + 1}` }, chart);
      const points = values.map((value, step) => `${fixed(x(step))} ${fixed(y(value))}`);
      svg("path", { class: "curve-line", d: `M${points.join("L")}` }, group);
      const stride = Math.max(1, Math.round((last * 34) / (right - left)));
      for (const step of range(Math.round((i * stride) / data.curves.length), last, stride)) {
        const place = `translate(${points[step]})`;
        svg("path", { class: "curve-marker", d: markers[i], transform: place }, group);
      }
      return group;
    }

    function draw() {
      const { clientWidth: width, clientHeight: height } = picture;
      if (!width) return;
      [left, right, top, bottom] = [62, width - 12, 26, height - 44];
      const all = [...data.curves.flatMap((c) => c.values), ...data.levels.map((l) => l.value)];
      const powers = all.filter((value) => value > 0).map(Math.log10);
      low = Math.floor(Math.min(...powers));
      high = Math.ceil(Math.max(...powers));
      chart.replaceChildren();
      chart.setAttribute("viewBox", `0 0 ${width} ${height}`);
      axes();
      line = svg("path", { class: "reading" }, chart);
      groups = data.curves.map(curve);
      dots = groups.map((group) => svg("circle", { class: "curve-marker", r: 5 }, group));
      picture.append(chart);
      box.classList.add("drawn");
      read();
    }

    function sentence(step, shown) {
      if (!shown.length) return "No curve is shown.";
      const values = shown.map((i) => data.curves[i].values[step]).sort((a, b) => a - b);
      const [least, most] = [values[0], values.at(-1)].map((value) => format(value, data.digits));
      const where = `At ${data.x.replace(/ \w$/, "")} ${step},`;
      if (shown.length === 1) return `${where} ${data.curves[shown[0]].name} is at ${most}.`;
      const count = `${where} the ${shown.length} curves`;
      if (least === most) return `${count} agree to the digits shown: ${most}.`;
      return `${count} are between ${least} and ${most}.`;
    }

    function read() {
      if (!line) return;
      const step = Number(slider.value);
      const shown = boxes.flatMap((box, i) => (box.checked ? [i] : []));
      at.textContent = step;
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
      const place = event.clientX - chart.getBoundingClientRect().left;
      slider.value = Math.round(((place - left) / (right - left)) * last);
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
