// The playground: one example to the model, and what it says of it alone, together and withheld.
(() => {
  const form = document.getElementById("score");
  const place = document.getElementById("answer");
  const el = (name, words, classes) => {
    const made = document.createElement(name);
    if (words !== undefined) made.textContent = words;
    if (classes) made.className = classes;
    return made;
  };
  const row = (words, figures, head = "td") => { // words to the left, figures to the right
    const made = el("tr");
    for (const [cells, classes] of [[words, ""], [figures, "num"]]) {
      for (const cell of cells) {
        const td = el(head, undefined, classes);
        td.append(cell);
        if (head === "th") td.scope = "col";
        made.append(td);
      }
    }
    return made;
  };
  const bar = (share, label) => {
    const made = el("span", undefined, "progress");
    const meter = el("progress");
    meter.max = 1;
    meter.value = share;
    meter.setAttribute("aria-label", label);
    made.append(meter, el("span", `${(100 * share).toFixed(1)} %`, "num"));
    return made;
  };
  const bits = (value) => (value === null || value === undefined ? "–" : value.toFixed(3));

  function tell(answer) {
    const one = answer.examples[0];
    place.replaceChildren();
    const first = el("p");
    first.append("It says ", el("strong", one.predicted), `, ${(100 * one.confidence).toFixed(1)} % sure`,
      one.withheld.length ? `, without ${one.withheld.join(" and ")}.` : ".");
    place.append(first);
    for (const warning of one.warnings) place.append(el("p", warning.detail, "note warn"));
    const table = el("table");
    const head = el("thead"), body = el("tbody");
    const labelled = one.synergy !== null;
    head.append(row(["From", "Says", "Confidence"], ["Entropy, bits", ...(labelled ? ["Information, bits"] : [])], "th"));
    for (const [name, subset] of Object.entries(one.subsets)) {
      body.append(row([name.replaceAll("+", " + "), subset.predicted, bar(subset.confidence, `Confidence from ${name}`)],
        [bits(subset.entropy), ...(labelled ? [bits(subset.information)] : [])]));
    }
    table.append(head, body);
    const scroll = el("div", undefined, "scroll");
    scroll.tabIndex = 0;
    scroll.setAttribute("role", "region");
    scroll.setAttribute("aria-label", "What it says from each subset");
    scroll.append(table);
    place.append(scroll);
    const facts = el("dl", undefined, "facts gaps");
    const fact = (word, value) => facts.append(el("dt", word), el("dd", value, "num"));
    if (one.interaction !== null) fact("interaction, no label needed", bits(one.interaction));
    if (!labelled) place.append(el("p", "With its label it also says how many bits of it each subset knows, and how many are synergy.", "small muted"));
    if (labelled) {
      fact("redundant, bits", bits(one.redundant));
      for (const [name, value] of Object.entries(one.unique)) fact(`only ${name}, bits`, bits(value));
      fact("synergy, bits", bits(one.synergy));
    }
    place.append(facts, el("p", "n = 1 example: a look, not a finding.", "small muted"));
  }

  function refuse(problem) {
    const box = form.querySelector("[data-problem]");
    const told = el("div", undefined, "problem");
    told.setAttribute("role", "alert");
    told.append(el("h2", problem.title));
    if (problem.errors.length !== 1) told.append(el("p", problem.detail));
    const list = el("ul");
    for (const fault of problem.errors) {
      const item = el("li");
      item.append(el("code", fault.pointer || "/"), ` ${fault.detail}`);
      list.append(item);
    }
    told.append(list);
    box.append(told);
    form.elements.example.setAttribute("aria-invalid", "true");
    form.elements.example.focus();
  }

  // What an API's JSON has of a field: words, or a whole file; nothing of one that is empty.
  const medium = (field) => field.type !== "file" ? field.value || undefined : field.files[0] && new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done({ base64: reader.result.slice(reader.result.indexOf(",") + 1) });
    reader.onerror = () => failed(reader.error);
    reader.readAsDataURL(field.files[0]);
  });

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    form.querySelector("[data-problem]").replaceChildren();
    form.elements.example.removeAttribute("aria-invalid");
    let example;
    try {
      example = JSON.parse(form.elements.example.value);
    } catch (error) {
      const detail = `this is no JSON: ${error.message}`;
      return refuse({ title: "The body is not JSON", detail, errors: [{ pointer: "/examples/0", detail, value: null }] });
    }
    if (example && example.label === null) delete example.label;
    const words = form.querySelector("[data-sent]");
    const button = form.querySelector("button.main");
    words.textContent = "Asking …";
    button.disabled = true;
    try {
      for (const field of form.querySelectorAll("[data-medium]")) {
        const found = await medium(field);
        if (found !== undefined && example?.x) example.x[field.dataset.medium] = found;
      }
      for (const box of form.querySelectorAll('[name="withhold"]:checked')) if (example?.x) example.x[box.value] = null;
      const answer = await fetch(form.dataset.score, { method: "POST", headers: { "Content-Type": "application/json", Prefer: "wait=30" }, body: JSON.stringify({ examples: [example] }) });
      const told = await answer.json();
      if (answer.ok) tell(told);
      else refuse(told);
    } catch {
      refuse({ title: "The connection broke", detail: "Ask again.", errors: [] });
    } finally {
      words.textContent = "";
      button.disabled = false;
    }
    return undefined;
  });
})();
