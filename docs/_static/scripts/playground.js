// The playground: fits the ladder's network with the settings and lines that the reader chooses.
// The page has its form (_templates/playground.html); network.js, loaded on Run, does the computing.
(() => {
  "use strict";

  const { svg, write, fixed, format, axes } = stepChart;
  const NETWORK = new URL("network.js", document.currentScript.src);
  const COLOURS = 11;
  const [HEIGHT, LIVE_HEIGHT] = [300, 96];
  const NOTHING_YET = say("Press Run, and the loss appears here.");
  const ALONE = say("(Each note describes one mistake alone, with the default settings.)");
  const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");

  // Starts a fit in a worker, or on the page where there can be none. Returns a function that stops it.
  function launch(settings, report, fail) {
    let stop;
    const runOnPage = () => {
      const script = document.createElement("script");
      stop = () => (script.onload = null);
      script.onload = () => (stop = network.start(settings, report));
      script.onerror = fail;
      script.src = NETWORK;
      document.head.append(script);
      script.remove();
    };
    try {
      const worker = new Worker(NETWORK);
      stop = () => worker.terminate();
      worker.onmessage = ({ data }) => {
        worker.onerror = null;
        report(data);
      };
      worker.onerror = runOnPage;
      worker.postMessage(settings);
    } catch {
      runOnPage();
    }
    return () => stop();
  }

  const percent = (share) => `${(100 * share).toFixed(1)} %`;
  const ofLoss = (loss) => (Number.isFinite(loss) ? format(loss, 4) : say("not finite"));

  // Says how a fit has ended, or where it is.
  function outcome({ points, zeroLoss, done, running }) {
    const [first, last] = [points[0], points.at(-1)];
    const [loss, live, quarter] = [ofLoss(last.loss), percent(last.live), (zeroLoss / 4).toFixed(0)];
    if (!Number.isFinite(last.loss)) return say("explodes: at step {0}, the loss is no longer finite", last.step);
    if (!done && running) return say("is at step {0}, where the loss is {1}", last.step, loss);
    if (!done) return say("was stopped at step {0}, where the loss is {1}", last.step, loss);
    if (last.loss > first.loss) return say("explodes: the loss is {0}, more than at the start", loss);
    if (last.loss < zeroLoss / 4) return say("learns: the loss is {0}, and {1} of the ReLUs are live", loss, live);
    const high = say("the loss is {0}, not below {1}, a quarter of the loss of predicting zero", loss, quarter);
    if (last.live < first.live / 2) return say("dies: {0}, and only {1} of the ReLUs are live", high, live);
    return say("is too slow: {0}; {1} of the ReLUs are live", high, live);
  }

  function show(form) {
    const find = (selector) => form.querySelector(selector);
    const inputs = [...form.querySelectorAll("input[data-least]")];
    const selects = [...form.querySelectorAll("select")];
    const [rateInput, rateSlider] = [inputs[0], find(".playground-slider")];
    const [runButton, stopButton, keepButton] = form.querySelectorAll("button");
    const [now, ended, list] = [".playground-now", ".playground-ended", ".playground-curves"].map(find);
    const picture = svg("svg", { class: "curves-chart", role: "img" }, find(".playground-charts"));
    const stepSlider = form.elements.kept;
    const standard = Object.fromEntries([
      ...inputs.map(({ name, defaultValue }) => [name, defaultValue]),
      ...selects.map(({ name }) => [name, ""]),
    ]);
    let curves = [];
    let current, choosing;

    // What is wrong with an input's text, or "".
    function problem({ value, dataset: { least, most, whole } }) {
      const number = value.trim() === "" ? NaN : Number(value);
      const fits = number >= least && number <= most && (whole === undefined || Number.isInteger(number));
      if (fits) return "";
      if (whole === undefined) return say("“{0}” isn't a number from {1} to {2}.", value, least, most);
      return say("“{0}” isn't a whole number from {1} to {2}.", value, least, most);
    }

    // Marks the inputs whose text is wrong, and gives the first of them.
    function check() {
      for (const input of inputs) {
        const message = problem(input);
        const error = find(`#${input.id}-error`);
        input.setAttribute("aria-invalid", message !== "");
        if (error.textContent !== message) error.textContent = message;
      }
      const steps = find(".playground-steps");
      if (steps && !problem(form.elements.steps)) steps.textContent = form.elements.steps.value.trim();
      return inputs.find(problem);
    }

    function setSlider() {
      rateSlider.value = Math.log10(rateInput.value);
      rateSlider.setAttribute("aria-valuetext", rateInput.value);
    }

    // The address holds the settings that aren't the standard ones, such as #rate=2e-6&seed=7.
    function writeAddress() {
      const all = [...inputs, ...selects].map(({ name, value }) => [name, value.trim()]);
      const given = new URLSearchParams(all.filter(([name, value]) => value !== standard[name]));
      history.replaceState(null, "", `${given}` ? `#${given}` : location.pathname + location.search);
    }

    function readAddress() {
      const given = new URLSearchParams(location.hash.slice(1));
      if (![...given.keys()].some((name) => name in standard)) return;
      for (const input of inputs) input.value = given.get(input.name) ?? input.defaultValue;
      for (const select of selects) {
        const name = given.get(select.name);
        select.value = [...select.options].some(({ value }) => value === name) ? name : "";
      }
      setSlider();
      check();
      form.scrollIntoView();
    }

    // Says what to notice about the lines that are chosen.
    function explain() {
      const notices = selects.flatMap(({ selectedOptions: [option] }) => option.dataset.notice ?? []);
      if (notices.length) notices.push(ALONE);
      const paragraphs = notices.map((notice) =>
        Object.assign(document.createElement("p"), { textContent: notice }),
      );
      find(".playground-notice")?.replaceChildren(...paragraphs);
    }

    function readSettings(lines) {
      const numbers = Object.fromEntries(inputs.map(({ name, value }) => [name, Number(value)]));
      return { ...numbers, lines: Object.fromEntries(lines.map(({ name, value }) => [name, value])) };
    }

    function describe(lines) {
      const different = inputs.slice(1).filter(({ value, defaultValue }) => Number(value) !== Number(defaultValue));
      return [
        say("rate {0}", rateInput.value.trim()),
        ...different.map(({ name, value }) => `${name} ${value.trim()}`),
        ...lines.map(({ selectedOptions: [option] }) => option.textContent),
      ].join(", ");
    }

    function begin(lines) {
      const used = curves.map(({ colour }) => colour);
      const colour = Array.from({ length: COLOURS }, (_, i) => i + 1).find((i) => !used.includes(i));
      const settings = readSettings(lines);
      const curve = { colour, name: describe(lines), settings, points: [], done: false, running: true };
      const report = ({ zeroLoss, points, done }) => {
        if (zeroLoss) [curve.zeroLoss, curve.began] = [zeroLoss, performance.now()];
        curve.points.push(...points);
        if (done) finish([curve], true);
        if (curve === current) reportNow();
        drawSoon();
      };
      const fail = () => {
        finish([curve], false);
        ended.textContent = say("The script that fits the network couldn't be loaded.");
      };
      curve.stop = launch(settings, report, fail);
      curves.push(curve);
      return curve;
    }

    function finish(some, done) {
      for (const curve of some) {
        curve.stop();
        [curve.running, curve.done] = [false, curve.done || done];
      }
      enable(stopButton, curves.some(({ running }) => running));
      if (some.includes(current) && current.points.length) {
        const wrong = Object.keys(current.settings.lines).length;
        const text = wrong ? say("With the mistake, the fit {0}.", outcome(current)) : say("The fit {0}.", outcome(current));
        ended.textContent = text;
      }
    }

    // A button that can't be pressed any more hands the focus on.
    function enable(button, on) {
      if (!on && document.activeElement === button) runButton.focus();
      button.disabled = !on;
    }

    function run() {
      if (check()) return;
      form.classList.add("ran");
      explain();
      finish(curves.filter(({ running }) => running), false);
      const lines = selects.filter(({ value }) => value);
      const right = JSON.stringify(readSettings([]));
      const isRight = ({ settings, done }) => done && JSON.stringify(settings) === right;
      curves = curves.filter((curve) => curve.kept || (lines.length && isRight(curve)));
      if (lines.length && !curves.some(isRight)) begin([]);
      current = begin(lines);
      writeAddress();
      [now.textContent, ended.textContent] = [say("Drawing the random numbers …"), ""];
      enable(stopButton, true);
      enable(keepButton, curves.length < COLOURS - 1);
      if (stepSlider) [stepSlider.max, stepSlider.value] = [0, 0];
      draw();
    }

    function reset() {
      finish(curves, false);
      form.reset();
      [curves, current] = [[], undefined];
      [now.textContent, ended.textContent] = ["", ""];
      enable(stopButton, false);
      enable(keepButton, false);
      setSlider();
      writeAddress();
      check();
      explain();
      draw();
    }

    function reportNow() {
      const last = current.points.at(-1);
      if (!last) return;
      const seconds = (performance.now() - current.began) / 1000;
      if (current.running || current.done) current.speed = current.points.length / seconds;
      const numbers = [last.step, ofLoss(last.loss), percent(last.live), current.speed.toFixed(0)];
      now.textContent = say("Step {0}: loss {1}, {2} of the ReLUs live, {3} steps per second", ...numbers);
    }

    // A fit reports up to thirty times a second: redraw at most once per frame, or only at the end.
    let scheduled = false;
    function drawSoon() {
      if (scheduled || (reducedMotion.matches && curves.some(({ running }) => running))) return;
      scheduled = true;
      requestAnimationFrame(() => {
        scheduled = false;
        draw();
      });
    }

    function draw() {
      const width = picture.parentElement.clientWidth;
      const shown = curves.filter(({ points }) => points.length);
      if (!width) return;
      picture.replaceChildren();
      if (shown.length) drawCurves(shown, width);
      else write(NOTHING_YET, { x: width / 2, y: HEIGHT / 2, "text-anchor": "middle" }, picture);
      picture.setAttribute("viewBox", `0 0 ${width} ${HEIGHT + LIVE_HEIGHT}`);
      const label = shown.map((curve) => `${curve.name} ${outcome(curve)}`).join("; ");
      picture.setAttribute("aria-label", label || NOTHING_YET);
      list.replaceChildren(...shown.map(legend));
      if (stepSlider) drawHistograms();
    }

    function drawCurves(shown, width) {
      const { zeroLoss } = current.zeroLoss ? current : shown[0];
      const losses = shown.flatMap(({ points }) => points.map(({ loss }) => loss));
      const powers = [zeroLoss, ...losses].filter((loss) => loss > 0 && loss < 1e12).map(Math.log10);
      const scales = axes(picture, {
        width,
        height: HEIGHT,
        title: say("Loss at each step"),
        x: say("step t"),
        y: say("sum of squared errors"),
        last: Math.max(...shown.map(({ settings }) => settings.steps - 1), 1),
        low: Math.floor(powers.reduce((a, b) => Math.min(a, b))),
        high: Math.ceil(powers.reduce((a, b) => Math.max(a, b)) + 0.01),
        levels: [{ name: say("predicting zero"), value: zeroLoss }],
      });
      const ofLive = drawLiveAxes(scales);
      const ofPoint = ({ loss }) => (loss < 1e12 ? scales.y(loss) : scales.top);
      for (const { points, colour } of shown) {
        const group = svg("g", { class: `curve curve-${colour}` }, picture);
        // A curve ends where it leaves the chart.
        const off = points.findIndex(({ loss }) => !(loss < 1e12)) + 1;
        for (const height of [ofPoint, ofLive]) {
          const shownPoints = height === ofPoint && off ? points.slice(0, off) : points;
          const places = shownPoints.map((point) => `${fixed(scales.x(point.step))} ${fixed(height(point))}`);
          svg("path", { class: "curve-line", d: `M${places.join("L")}` }, group);
        }
      }
    }

    // The share of live ReLUs, below the loss and with the same steps.
    function drawLiveAxes({ left, right }) {
      const [top, bottom] = [HEIGHT + 20, HEIGHT + LIVE_HEIGHT - 6];
      const height = ({ live }) => bottom - live * (bottom - top);
      write(say("share of live ReLUs"), { x: left, y: top - 6 }, picture);
      for (const live of [0, 0.5, 1]) {
        const at = height({ live });
        svg("path", { class: "grid", d: `M${left} ${fixed(at)}H${right}` }, picture);
        write(`${100 * live} %`, { x: left - 6, y: at + 4, "text-anchor": "end" }, picture);
      }
      return height;
    }

    function legend({ name, colour, points }) {
      const item = document.createElement("li");
      item.className = `curve curve-${colour}`;
      const sample = svg("svg", { viewBox: "0 0 24 12", width: 24, height: 12, "aria-hidden": true });
      svg("path", { class: "curve-line", d: "M0 6H24" }, sample);
      item.append(sample, say(" {0}: loss {1}", name, ofLoss(points.at(-1).loss)));
      return item;
    }

    // What the network's arrays contain at one of the steps that have histograms.
    function drawHistograms() {
      const kept = current?.points.filter(({ histograms }) => histograms) ?? [];
      const following = stepSlider.value === stepSlider.max;
      stepSlider.disabled = !kept.length;
      stepSlider.max = Math.max(kept.length - 1, 0);
      if (following) stepSlider.value = stepSlider.max;
      const point = kept[stepSlider.value];
      find(".playground-at").textContent = point ? point.step : "";
      stepSlider.setAttribute("aria-valuetext", point ? say("step {0}", point.step) : say("no step yet"));
      const box = find(".playground-histograms");
      box.className = `playground-histograms curve curve-${current?.colour}`;
      box.replaceChildren(
        ...Object.entries(point?.histograms ?? {}).map(([name, { most, zeros, bins }]) => {
          const figure = document.createElement("figure");
          const bars = svg("svg", { viewBox: "0 0 24 40", preserveAspectRatio: "none", "aria-hidden": true });
          const tallest = Math.max(...bins, 1);
          bins.forEach((count, i) => {
            const height = (40 * count) / tallest;
            svg("rect", { x: i, y: 40 - height, width: 0.9, height }, bars);
          });
          svg("path", { class: "reading", d: "M12 0V40", "vector-effect": "non-scaling-stroke" }, bars);
          const caption = document.createElement("figcaption");
          const code = Object.assign(document.createElement("code"), { textContent: name });
          const largest = format(most, 2).replace("-", "\u2011"); // a hyphen at which no line breaks
          const range = Number.isFinite(most) ? say("from −{0} to {0}", largest) : say("not finite");
          const share = name === "h" ? say("{0} positive", percent(point.live)) : say("{0} zeros", percent(zeros));
          caption.append(code, say(": {0}, {1}", range, share));
          figure.append(bars, caption);
          return figure;
        }),
      );
    }

    form.addEventListener("submit", (event) => {
      event.preventDefault();
      check()?.focus();
      run();
    });
    form.addEventListener("click", ({ target }) => {
      const action = target.closest("button")?.value;
      if (action === "reset") reset();
      if (action === "keep") {
        current.kept = true;
        enable(keepButton, false);
      }
      if (action === "stop") {
        finish(curves.filter(({ running }) => running), false);
        if (!current.points.length) [now.textContent, ended.textContent] = ["", say("The fit was stopped before its first step.")];
        draw();
      }
    });
    form.addEventListener("input", ({ target }) => {
      if (target === rateSlider) {
        rateInput.value = Number((10 ** rateSlider.value).toPrecision(2)).toExponential();
        check();
      }
      if (target === rateInput || target === rateSlider) setSlider();
      if (target === stepSlider) drawHistograms();
      if (target.ariaInvalid === "true") check();
      if (inputs.includes(target) && current && !current.running) now.textContent = say("The settings have changed: press Run.");
      // Arrow keys pass through a menu's choices; the one where they stop is run.
      clearTimeout(choosing);
      if (selects.includes(target)) choosing = setTimeout(run, 300);
    });
    form.addEventListener("change", ({ target }) => inputs.includes(target) && check());
    addEventListener("hashchange", readAddress);
    new ResizeObserver(draw).observe(picture.parentElement);
    readAddress();
    explain();
  }

  document.querySelectorAll("[data-playground]").forEach(show);
})();
