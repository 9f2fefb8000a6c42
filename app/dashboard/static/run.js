// A run's curves, drawn while it trains: what there is at first, then each epoch as the stream tells it.
(() => {
  const place = document.getElementById("curves");
  const { run, after, finished } = place.dataset;
  const plots = place.querySelector("[data-plots]");
  const GROUPS = [ // metrics that share an axis
    ["Training loss", "nats", ["train/loss", "train/task", "train/penalty", "train/heads"]],
    ["Validation loss", "nats", ["validation/nll"]],
    ["Validation accuracy", "share right", ["validation/accuracy"]],
    ["Withheld while training", "share of coordinates", ["train/corrupted"]],
  ];
  const series = new Map(); // metric -> Map(epoch -> value)
  const drawn = new Map(); // title -> {plot, names}

  const add = (name, epoch, value) => {
    if (!series.has(name)) series.set(name, new Map());
    series.get(name).set(epoch, value);
  };
  const css = (name) => {
    const probe = document.createElement("span");
    probe.style.color = `var(${name})`;
    document.body.append(probe);
    const value = getComputedStyle(probe).color;
    probe.remove();
    return value;
  };

  function groups() {
    const left = new Set(series.keys());
    const found = GROUPS.map(([title, unit, names]) => [title, unit, names.filter((name) => left.delete(name))]);
    return [...found, ...[...left].map((name) => [name, "", [name]])].filter(([, , names]) => names.length);
  }

  function columns(names) { // epochs, then a column of values for each metric
    const epochs = [...new Set(names.flatMap((name) => [...series.get(name).keys()]))].sort((a, b) => a - b);
    return [epochs, ...names.map((name) => epochs.map((epoch) => series.get(name).get(epoch) ?? null))];
  }

  const axes = (unit) => [
    { label: "epoch", labelSize: 22, labelFont: "12px Inter, sans-serif", font: "12px Inter, sans-serif", size: 34, stroke: css("--ink-2"), grid: { show: false }, ticks: { stroke: css("--line") }, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000] },
    { label: unit, labelSize: 20, labelFont: "12px Inter, sans-serif", font: "12px Inter, sans-serif", size: 52, stroke: css("--ink-2"), grid: { stroke: css("--line") }, ticks: { stroke: css("--line") } },
  ];

  function draw() {
    if (!plots) return;
    for (const [title, unit, names] of groups()) {
      const data = columns(names);
      const known = drawn.get(title);
      if (known && known.names.join() === names.join()) { known.plot.setData(data); continue; }
      known?.plot.destroy();
      const figure = known?.figure ?? document.createElement("figure");
      if (!known) {
        figure.innerHTML = "<figcaption></figcaption><div></div>";
        figure.firstChild.textContent = title;
        figure.lastChild.setAttribute("role", "img");
        plots.append(figure);
      }
      figure.lastChild.setAttribute("aria-label", `${title} by epoch; the table below has its numbers`);
      const plot = new uPlot({
        width: Math.max(220, figure.clientWidth), height: 220, scales: { x: { time: false } },
        cursor: { points: { size: 6 }, drag: { x: true, y: false } },
        legend: { show: true }, axes: axes(unit),
        series: [{ label: "epoch" }, ...names.map((name, i) => ({
          label: name.split("/").at(-1), stroke: css(`--c${i + 1}`), width: 1.75, spanGaps: true,
          points: { show: data[0].length < 40, size: 4 }, value: (_, value) => (value === null ? "–" : value.toPrecision(4)),
        }))],
      }, data, figure.lastChild);
      drawn.set(title, { plot, names, figure });
    }
    sentence();
  }

  function sentence() {
    const nll = series.get("validation/nll");
    if (!nll?.size) return;
    const [best, lowest] = [...nll].reduce((a, b) => (b[1] < a[1] ? b : a));
    const accuracy = series.get("validation/accuracy")?.get(best);
    const right = accuracy === undefined ? "" : `, where ${(100 * accuracy).toFixed(1)} % are right`;
    const last = Math.max(...nll.keys());
    place.querySelector("[data-sentence]").textContent =
      `Validation loss is lowest at epoch ${best}: ${lowest.toPrecision(3)} nats${right}. n = ${last} epochs.`;
  }

  let due = false;
  const soon = () => {
    if (due) return;
    due = true;
    requestAnimationFrame(() => { due = false; draw(); });
  };
  const again = () => { for (const { plot, figure } of drawn.values()) { plot.destroy(); figure.remove(); } drawn.clear(); draw(); };
  const refresh = (...ids) => { for (const id of ids) document.getElementById(id)?.dispatchEvent(new CustomEvent("refresh")); };
  const streamed = (words) => { const told = place.querySelector("[data-stream]"); if (told) told.textContent = words; };

  function follow() {
    const source = new EventSource(`/v1/runs/${run}/stream?after=${after}`);
    let last = 0;
    source.addEventListener("open", () => streamed("live"));
    source.addEventListener("error", () => streamed("reconnecting …"));
    source.addEventListener("metrics", (event) => {
      const told = JSON.parse(event.data);
      for (const [name, value] of Object.entries(told.values)) if (typeof value === "number") add(name, told.epoch, value);
      soon();
      if (Date.now() - last > 1000) { last = Date.now(); refresh("state", "log"); }
    });
    source.addEventListener("status", (event) => {
      say(`The run is ${JSON.parse(event.data).to_status}`);
      refresh("state", "timeline", "files", "log");
    });
    source.addEventListener("end", () => { source.close(); streamed(""); refresh("state", "timeline", "files", "log"); });
    addEventListener("pagehide", () => source.close());
  }

  async function begin() {
    if (plots) {
      const points = Math.max(200, Math.round(plots.clientWidth));
      const answer = await fetch(`/v1/runs/${run}/metrics?max_points=${points}`);
      if (answer.ok) for (const one of (await answer.json()).data) for (const point of one.points) add(one.name, point.epoch, point.value);
      draw();
      new ResizeObserver(() => { for (const { plot, figure } of drawn.values()) plot.setSize({ width: Math.max(220, figure.clientWidth), height: 220 }); }).observe(plots);
      document.documentElement.addEventListener("themechange", again);
      matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
    }
    if (finished !== "true") follow();
  }
  begin();
})();
