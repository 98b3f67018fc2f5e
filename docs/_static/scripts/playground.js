// The playground: fits the ladder's network with the settings and lines that the reader chooses.
// The page has its form (_templates/playground.html); network.js, which comes on Run, does the sums.
(() => {
  "use strict";

  const { svg, write, fixed, format, axes } = stepChart;
  const NETWORK = new URL("network.js", document.currentScript.src);
  const COLOURS = 6;
  const HEIGHT = 300;
  const STRIP = 96;
  const NOTHING_YET = "Press Run, and the loss appears here.";
  const calm = matchMedia("(prefers-reduced-motion: reduce)");

  // Start a fit in a worker, or on the page where there can be none. Returns what stops it.
  function launch(settings, tell) {
    let worker;
    let stop = () => worker?.terminate();
    const here = () => {
      const script = document.createElement("script");
      let stopped = false;
      stop = () => (stopped = true);
      script.onload = () => {
        script.remove();
        if (!stopped) stop = network.start(settings, tell);
      };
      script.src = NETWORK;
      document.head.append(script);
    };
    try {
      worker = new Worker(NETWORK);
      worker.onmessage = ({ data }) => tell(data);
      worker.onerror = here;
      worker.postMessage(settings);
    } catch {
      here();
    }
    return () => stop();
  }

  const percent = (share) => `${(100 * share).toFixed(1)} %`;

  // How a fit has ended, in words.
  function ending({ points, zero, done, settings }) {
    const [first, last] = [points[0], points.at(-1)];
    if (!Number.isFinite(last.loss)) return `explodes: at step ${last.step}, the loss is no longer finite`;
    const at = `the loss is ${format(last.loss, 4)}`;
    const live = `${percent(last.live)} of the ReLUs are live`;
    if (!done) return `was stopped at step ${last.step}, where ${at}`;
    if (last.loss > first.loss && settings.steps > 1) return `explodes: ${at}, more than at the start`;
    if (last.loss < zero / 4) return `learns: ${at}, and ${live}`;
    const rest = `not below a quarter of ${zero.toFixed(0)}, the loss of predicting zero`;
    if (last.live < first.live / 2) return `dies: ${at}, ${rest}, and only ${live}`;
    return `is too slow: ${at}, ${rest}, although ${live}`;
  }

  function show(form) {
    const find = (place) => form.querySelector(place);
    const inputs = [...form.querySelectorAll("input[data-least]")];
    const selects = [...form.querySelectorAll("select")];
    const slider = find(".playground-slider");
    const [, stopButton, keepButton] = form.querySelectorAll("button");
    const [now, ended, list] = [".playground-now", ".playground-ended", ".playground-curves"].map(find);
    const picture = svg("svg", { class: "curves-chart", role: "img" }, find(".playground-charts"));
    const seen = form.elements.seen;
    let curves = [];
    let current;

    // What is wrong with an input's text, or "".
    function problem({ value, dataset: { least, most, whole } }) {
      const number = Number(value);
      const wanted = whole === undefined ? "a number" : "a whole number";
      if (value.trim() === "" || !Number.isFinite(number)) return `“${value}” isn't ${wanted}.`;
      if (number < Number(least) || number > Number(most)) {
        return `${value} is outside the range, which is from ${least} to ${most}.`;
      }
      return whole !== undefined && !Number.isInteger(number) ? `${value} isn't a whole number.` : "";
    }

    function check() {
      for (const input of inputs) {
        const message = problem(input);
        input.setAttribute("aria-invalid", message !== "");
        find(`#${input.id}-error`).textContent = message;
      }
      return inputs.find((input) => problem(input));
    }

    const standard = Object.fromEntries([
      ...inputs.map(({ name, defaultValue }) => [name, defaultValue]),
      ...selects.map(({ name }) => [name, ""]),
    ]);

    // The address holds the settings that aren't the standard ones, such as #rate=2e-6&seed=7.
    function writeAddress() {
      const all = [...inputs, ...selects].map(({ name, value }) => [name, value.trim()]);
      const given = new URLSearchParams(all.filter(([name, value]) => value !== standard[name]));
      history.replaceState(null, "", given.size ? `#${given}` : location.pathname + location.search);
    }

    function readAddress() {
      const given = new URLSearchParams(location.hash.slice(1));
      if (![...given.keys()].some((name) => name in standard)) return false;
      for (const input of inputs) input.value = given.get(input.name) ?? input.defaultValue;
      for (const select of selects) {
        const name = given.get(select.name);
        select.value = [...select.options].some(({ value }) => value === name) ? name : "";
      }
      slider.value = Math.log10(inputs[0].value);
      notice();
      check();
      return true;
    }

    function notice() {
      const box = find(".playground-notice");
      if (!box) return;
      const said = selects.map(({ selectedOptions: [option] }) => option.dataset.notice);
      box.replaceChildren(
        ...said.filter(Boolean).map((sentence) => {
          const paragraph = document.createElement("p");
          paragraph.textContent = sentence;
          return paragraph;
        }),
      );
    }

    const changed = () => selects.filter(({ value }) => value);

    function settings(lines) {
      const numbers = Object.fromEntries(inputs.map(({ name, value }) => [name, Number(value)]));
      return { ...numbers, lines: Object.fromEntries(lines.map(({ name, value }) => [name, value])) };
    }

    function name(lines) {
      const different = inputs.slice(1).filter(({ value, defaultValue }) => Number(value) !== Number(defaultValue));
      return [
        `rate ${inputs[0].value.trim()}`,
        ...different.map(({ name, value }) => `${name} ${value.trim()}`),
        ...lines.map(({ selectedOptions: [option] }) => option.textContent),
      ].join(", ");
    }

    function begin(lines) {
      const colours = curves.map(({ colour }) => colour);
      const colour = Array.from({ length: COLOURS }, (_, i) => i + 1).find((i) => !colours.includes(i));
      const curve = { colour, name: name(lines), settings: settings(lines), points: [], done: false };
      curve.stop = launch(curve.settings, ({ zero, points, done }) => {
        curve.began ??= performance.now();
        if (zero) curve.zero = zero;
        curve.points.push(...points);
        curve.done = done;
        if (done) curve.stop();
        if (done && curve === current) end();
        else changedCurve();
      });
      curves.push(curve);
      return curve;
    }

    function run() {
      const wrong = check();
      if (wrong) {
        wrong.focus();
        return;
      }
      halt();
      curves = curves.filter(({ kept }) => kept);
      const lines = changed();
      const right = JSON.stringify(settings([]));
      const there = curves.some(({ settings, done }) => done && JSON.stringify(settings) === right);
      if (lines.length && !there) begin([]);
      current = begin(lines);
      writeAddress();
      ended.textContent = "";
      [stopButton.disabled, keepButton.disabled] = [false, curves.length >= COLOURS - 1];
      seen && (seen.value = 0);
      draw();
    }

    function halt() {
      for (const { stop } of curves) stop();
    }

    function end() {
      stopButton.disabled = true;
      tellNow();
      if (current.points.length) ended.textContent = `The fit ${ending(current)}.`;
      draw();
    }

    // A fit tells of itself up to thirty times a second; the page draws when the browser does.
    let waiting = false;
    function changedCurve() {
      tellNow();
      if (waiting || calm.matches) return;
      waiting = true;
      requestAnimationFrame(() => {
        waiting = false;
        draw();
      });
    }

    function tellNow() {
      const last = current.points.at(-1);
      if (!last) {
        now.textContent = "Drawing the random numbers …";
        return;
      }
      const speed = (1000 * current.points.length) / (performance.now() - current.began);
      const loss = Number.isFinite(last.loss) ? format(last.loss, 4) : "not finite";
      now.textContent =
        `Step ${last.step}: loss ${loss}, ${percent(last.live)} of the ReLUs live, ` +
        `${speed.toFixed(0)} steps per second`;
    }

    function draw() {
      const width = picture.parentElement.clientWidth;
      const shown = curves.filter(({ points }) => points.length);
      if (!width) return;
      picture.replaceChildren();
      if (!shown.length) {
        picture.setAttribute("viewBox", `0 0 ${width} ${HEIGHT + STRIP}`);
        write(NOTHING_YET, { x: width / 2, y: HEIGHT / 2, "text-anchor": "middle" }, picture);
        list.replaceChildren();
        histograms();
        return;
      }
      const losses = shown.flatMap(({ points }) => points.map(({ loss }) => loss));
      const powers = [current.zero, ...losses].filter((loss) => loss > 0 && loss < 1e12).map(Math.log10);
      const place = axes(picture, {
        width,
        height: HEIGHT,
        title: "Loss at each step",
        x: "step t",
        y: "sum of squared errors",
        last: Math.max(...shown.map(({ settings }) => settings.steps - 1), 1),
        low: Math.floor(powers.reduce((a, b) => Math.min(a, b))),
        high: Math.ceil(powers.reduce((a, b) => Math.max(a, b)) + 0.01),
        levels: [{ name: "predicting zero", value: current.zero }],
      });
      strip(place);
      for (const { points, colour } of shown) {
        const group = svg("g", { class: `curve curve-${colour}` }, picture);
        const line = (height) => `M${points.map((point) => `${fixed(place.x(point.step))} ${fixed(height(point))}`).join("L")}`;
        const clipped = ({ loss }) => Math.max(place.top, place.y(Number.isFinite(loss) ? loss : 1e300));
        svg("path", { class: "curve-line", d: line(clipped) }, group);
        svg("path", { class: "curve-line", d: line(({ live }) => place.share(live)) }, group);
      }
      picture.setAttribute("viewBox", `0 0 ${width} ${HEIGHT + STRIP}`);
      picture.setAttribute("aria-label", shown.map((curve) => `${curve.name} ${ending(curve)}`).join("; "));
      legend(shown);
      histograms();
    }

    // The share of live ReLUs, below the loss and on the same steps.
    function strip(place) {
      const [top, bottom] = [HEIGHT + 20, HEIGHT + STRIP - 6];
      place.share = (live) => bottom - live * (bottom - top);
      write("share of live ReLUs", { x: place.left, y: top - 6 }, picture);
      for (const share of [0, 0.5, 1]) {
        const at = place.share(share);
        svg("path", { class: "grid", d: `M${place.left} ${fixed(at)}H${place.right}` }, picture);
        write(`${100 * share} %`, { x: place.left - 6, y: at + 4, "text-anchor": "end" }, picture);
      }
    }

    function legend(shown) {
      list.replaceChildren(
        ...shown.map((curve) => {
          const item = document.createElement("li");
          item.className = `curve curve-${curve.colour}`;
          const sample = svg("svg", { class: "curve-sample", viewBox: "0 0 24 12", width: 24, height: 12, "aria-hidden": true });
          svg("path", { class: "curve-line", d: "M0 6H24" }, sample);
          const { loss } = curve.points.at(-1);
          item.append(sample, ` ${curve.name}: ${Number.isFinite(loss) ? format(loss, 4) : "explodes"}`);
          return item;
        }),
      );
    }

    // What the arrays of the network hold at one of the steps that a fit keeps.
    function histograms() {
      if (!seen) return;
      const kept = current?.points.filter((point) => point.seen) ?? [];
      const followed = seen.value === seen.max;
      seen.disabled = !kept.length;
      seen.max = Math.max(kept.length - 1, 0);
      if (followed) seen.value = seen.max;
      const point = kept[seen.value];
      find(".playground-at").textContent = point ? point.step : "";
      seen.setAttribute("aria-valuetext", point ? `step ${point.step}` : "");
      find(".playground-histograms").replaceChildren(
        ...Object.entries(point?.seen ?? {}).map(([name, { most, zeros, bins }]) => {
          const figure = document.createElement("figure");
          const title = document.createElement("figcaption");
          const range = Number.isFinite(most) ? `±${format(most, 2)}` : "not finite";
          title.append(Object.assign(document.createElement("code"), { textContent: name }), ` ${range}, ${percent(zeros)} zeros`);
          const bars = svg("svg", { viewBox: "0 0 24 40", preserveAspectRatio: "none", "aria-hidden": true });
          const tallest = Math.max(...bins);
          bins.forEach((count, i) => {
            const height = (40 * count) / tallest;
            svg("rect", { x: i, y: 40 - height, width: 0.9, height }, bars);
          });
          figure.append(bars, title);
          return figure;
        }),
      );
    }

    form.addEventListener("submit", (event) => {
      event.preventDefault();
      run();
    });
    form.addEventListener("click", ({ target: { value } }) => {
      if (value === "stop") {
        halt();
        end();
      } else if (value === "keep") {
        current.kept = true;
        keepButton.disabled = true;
      } else if (value === "reset") {
        halt();
        form.reset();
        [curves, current] = [[], undefined];
        [now.textContent, ended.textContent] = ["", ""];
        stopButton.disabled = keepButton.disabled = true;
        writeAddress();
        check();
        notice();
        draw();
      }
    });
    slider.addEventListener("input", () => {
      inputs[0].value = (10 ** slider.value).toPrecision(2).replace(/^0\.0*$/, "0");
      inputs[0].value = Number(inputs[0].value).toExponential().replace("e+0", "");
      check();
    });
    form.addEventListener("input", ({ target }) => {
      if (target === inputs[0]) slider.value = Math.log10(target.value) || -6;
      if (target.matches("select")) {
        notice();
        run();
      } else if (target === seen) histograms();
      else check();
    });
    addEventListener("hashchange", () => {
      if (readAddress()) form.scrollIntoView();
    });
    new ResizeObserver(draw).observe(picture.parentElement);
    readAddress();
  }

  document.querySelectorAll("[data-playground]").forEach(show);
})();
