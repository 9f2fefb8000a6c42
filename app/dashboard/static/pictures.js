// Pictures as PNG and on paper (where browsers also make PDF), and a rectangle drawn by hand on one of them as a filter of the examples below.
(() => {
  const SCALE = 3;

  async function png(figure) {
    const link = figure.querySelector("a[download$='.svg']");
    const image = new Image();
    image.src = link.href;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = image.naturalWidth * SCALE;
    canvas.height = image.naturalHeight * SCALE;
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    const made = document.createElement("a");
    made.href = canvas.toDataURL("image/png");
    made.download = `${figure.id}.png`;
    made.click();
  }

  function alone(figure) { // on a sheet of its own
    const sheet = document.createElement("div");
    sheet.className = "sheet";
    sheet.append(figure.cloneNode(true));
    document.body.append(sheet);
    addEventListener("afterprint", () => sheet.remove(), { once: true });
    print();
  }

  for (const button of document.querySelectorAll("[data-png], [data-print]")) button.hidden = false;
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-png], [data-print]");
    if (!button) return;
    const figure = button.closest("figure");
    if ("png" in button.dataset) png(figure);
    else if (figure) alone(figure);
    else print();
  });

  const round = (value) => Math.round(value * 1000) / 1000;
  let drag = null;

  function place(event) { // in the picture's own pixels
    const { svg } = drag;
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    const { x, y, width, height } = drag.frame;
    return [Math.min(Math.max(point.x, x), x + width), Math.min(Math.max(point.y, y), y + height)];
  }

  document.addEventListener("pointerdown", (event) => {
    const area = event.target.closest?.(".brush");
    if (!area || event.button) return;
    const svg = area.ownerSVGElement;
    svg.querySelector(".brushed")?.remove();
    const shape = document.createElementNS(svg.namespaceURI, "rect");
    shape.setAttribute("class", "brushed");
    shape.setAttribute("pointer-events", "none");
    svg.append(shape);
    drag = { area, svg, shape, frame: area.getBBox() };
    drag.start = place(event);
    area.setPointerCapture(event.pointerId);
    event.preventDefault();
  });

  document.addEventListener("pointermove", (event) => {
    if (!drag) return;
    const [x1, y1] = drag.start;
    const [x2, y2] = place(event);
    drag.shape.setAttribute("x", Math.min(x1, x2));
    drag.shape.setAttribute("y", Math.min(y1, y2));
    drag.shape.setAttribute("width", Math.abs(x2 - x1));
    drag.shape.setAttribute("height", Math.abs(y2 - y1));
  });

  document.addEventListener("pointerup", (event) => {
    if (!drag) return;
    const { area, shape, start, frame } = drag;
    const end = place(event);
    drag = null;
    const form = document.getElementById(area.dataset.form);
    const small = Math.abs(end[0] - start[0]) < 4 && Math.abs(end[1] - start[1]) < 4; // a click takes it away
    if (small) shape.remove();
    const value = (at, from, size, low, high) => round(Number(low) + (at - from) / size * (Number(high) - Number(low)));
    const { xLow, xHigh, yLow, yHigh } = area.dataset;
    const xs = [start[0], end[0]].map((x) => value(x, frame.x, frame.width, xLow, xHigh)).sort((a, b) => a - b);
    const ys = [start[1], end[1]].map((y) => value(y, frame.y + frame.height, -frame.height, yLow, yHigh)).sort((a, b) => a - b);
    const told = { min_alone: xs[0], max_alone: xs[1], min_confidence: ys[0], max_confidence: ys[1] };
    for (const [name, number] of Object.entries(told)) form.elements[name].value = small ? "" : number;
    form.requestSubmit();
  });
})();
