// What the charts over steps share (curves.js, playground.js): their axes, and how numbers are written.
const stepChart = (() => {
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
  const fixed = (number) => number.toFixed(1);

  // 3.1520e+07, as the page's tables have it; JavaScript alone would give 3.1520e+7.
  const format = (value, digits) =>
    value === 0 ? "0" : value.toExponential(digits - 1).replace(/([+-])(\d)$/, "$10$2");

  // The least of 1, 2, 5, 10, 20, 50 … that is large enough.
  const roundStep = (least) => {
    const power = 10 ** Math.floor(Math.log10(least));
    return [1, 2, 5, 10].find((factor) => factor * power >= least) * power;
  };

  // Draw axes into an empty chart: steps from 0 to `last`, and the powers of ten from `low` to `high`,
  // with lines across at `levels`. Returns the edges, and where a step and a value are.
  function axes(chart, { width, height, title, x: xName, y: yName, last, low, high, levels }) {
    const [left, right, top, bottom] = [62, width - 12, 26, height - 44];
    const x = (step) => left + (step / last) * (right - left);
    // What an axis of powers can't show, 0, lies on its lower end.
    const y = (value) => {
      const power = value > 0 ? Math.log10(value) : low;
      return bottom - ((power - low) / (high - low)) * (bottom - top);
    };
    const middle = (top + bottom) / 2;
    const turned = { x: 14, y: middle, "text-anchor": "middle", transform: `rotate(-90 14 ${middle})` };
    write(title, { x: (left + right) / 2, y: 16, "text-anchor": "middle", "font-size": 14 }, chart);
    write(xName, { x: (left + right) / 2, y: bottom + 36, "text-anchor": "middle" }, chart);
    write(yName, turned, chart);
    for (const step of range(0, last, roundStep((last * 60) / (right - left)))) {
      svg("path", { class: "grid", d: `M${fixed(x(step))} ${top}V${bottom}` }, chart);
      write(step, { x: x(step), y: bottom + 17, "text-anchor": "middle" }, chart);
    }
    const every = Math.ceil(((high - low) * 28) / (bottom - top));
    for (const power of range(Math.ceil(low / every) * every, high, every)) {
      const at = y(10 ** power);
      svg("path", { class: "grid", d: `M${left} ${fixed(at)}H${right}` }, chart);
      const label = svg("text", { x: left - 6, y: at + 4, "text-anchor": "end" }, chart);
      label.append("10", svg("tspan", { dy: -5, "font-size": 9 }));
      label.lastChild.textContent = String(power).replace("-", "−");
    }
    svg("path", { class: "frame", d: `M${left} ${top}V${bottom}H${right}V${top}Z` }, chart);
    for (const { name, value } of levels) {
      svg("path", { class: "level", d: `M${left} ${fixed(y(value))}H${right}` }, chart);
      const above = y(value) - 5;
      write(name, { x: right - 6, y: above > top + 10 ? above : above + 20, "text-anchor": "end" }, chart);
    }
    return { x, y, left, right, top, bottom };
  }

  return { svg, write, range, fixed, format, axes };
})();
